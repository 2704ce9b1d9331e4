"""The report's section on the training."""

from functools import partial

import numpy as np
from spikemodes.analysis.figures.behaviour import draw_training_curve

from ..display.page import Figure, Section
from ..pipeline.cautions import as_paragraphs
from ..pipeline.directory import Metrics
from .reported import Reported

_SHARES = ("accuracy", "explained_variance")


def training(found: Reported) -> Section:
    """Say what training took, and draw its course."""
    training, network = found.summary.training, found.summary.network
    metrics = Metrics(found.run.metrics).read()
    assert training is not None  # the run is trained
    assert network is not None
    columns = {name: [row.get(name) for row in metrics] for name in _SHARES}
    shares = {n.replace("_", " "): np.array(x) for n, x in columns.items() if None not in x}
    curve = partial(
        draw_training_curve,
        updates=np.array([row["step"] for row in metrics]),
        loss=np.array([row["loss"] for row in metrics]),
        shares=shares,
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
                "training", f"{', '.join(['Loss', *shares])} on the batch of each update.", curve
            ),
        )
        if metrics
        else (),
    )
