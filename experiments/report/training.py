"""The report's section on the training."""

from functools import partial

import numpy as np
from spikemodes.analysis.figures.behaviour import draw_training_curve

from ..display.page import Figure, Section
from ..pipeline.cautions import as_paragraphs
from ..pipeline.directory import Metrics
from .reported import Reported


def training(found: Reported) -> Section:
    """Say what training took, and draw its course."""
    training, network = found.summary.training, found.summary.network
    metrics = Metrics(found.run.metrics).read()
    assert training is not None  # the run is trained
    assert network is not None
    right = [row["accuracy"] for row in metrics]
    graded = None not in right
    curve = partial(
        draw_training_curve,
        updates=np.array([row["step"] for row in metrics]),
        loss=np.array([row["loss"] for row in metrics]),
        accuracy=np.array(right) if graded else None,
    )
    return Section(
        title="Training",
        text=(
            f"{training.steps} updates of {network.trainable_parameters} parameters by"
            f" {training.method} took {training.seconds:.0f} s and {training.peak_memory_mb:.0f} MB"
            f" of memory at most; the last loss was {training.final_loss:.4f}."
            + as_paragraphs(training.warnings)
        ),
        figures=(
            Figure(
                "training", f"Loss{' and accuracy' * graded} on the batch of each update.", curve
            ),
        )
        if metrics
        else (),
    )
