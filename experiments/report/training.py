"""The report's section on the training."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from spikemodes.analysis.figures.behaviour import draw_training_curve

from ..display.page import Figure, Section, Table
from ..pipeline.cautions import as_paragraphs
from ..pipeline.directory import Metrics
from ..pipeline.gradients import WITH
from ..pipeline.summary import Training
from . import glossary
from .reported import Reported
from .sentences import of_training

_SHARES = ("accuracy", "explained_variance")


def training(found: Reported) -> Section:
    """Say what training took, and draw its course."""
    training, network = found.summary.training, found.summary.network
    metrics = Metrics(found.run.metrics).read()
    assert training is not None  # the run is trained
    assert network is not None
    columns = {name: [row.get(name) for row in metrics] for name in _SHARES}
    shares = {n.replace("_", " "): np.array(x) for n, x in columns.items() if None not in x}
    compared = _cosines(training, metrics)
    loss = np.array([row["loss"] for row in metrics])
    updates = np.array([row["step"] for row in metrics])
    curve = partial(draw_training_curve, updates=updates, loss=loss, shares=shares)
    return Section(
        title="Training",
        text=(
            f"{training.steps} updates of {network.trainable_parameters} parameters by"
            f" {training.method} took {training.seconds:.0f} s and {training.peak_memory_mb:.0f} MB"
            " of memory at most, of the whole process; the last loss was"
            f" {training.final_loss:.4f}."
            + _ABOUT_COSINES * bool(compared)
            + as_paragraphs(training.warnings)
        ),
        figures=(
            Figure(
                "training",
                f"{', '.join(['Loss', *shares])} on the batch of each update.",
                curve,
                finding=of_training(loss, shares),
            ),
        )
        if metrics
        else (),
        table=compared,
        glossary=glossary.TRAINING,
    )


_ABOUT_COSINES = (
    "\n\nThe method does not go back in time. The table says how far its gradient points where that"
    " of e-prop does, and that of backpropagation through time, with the same trials: 1 is the same"
    " direction, 0 none in common. e-prop leaves out what a spike does to other neurons and back."
    " W_out is left out: its gradient is exact in all three."
)


def _cosines(training: Training, metrics: Sequence[Mapping[str, Any]]) -> Table | None:
    """Set the cosines of the first update and of the trained network side by side, by block."""
    first = next((row for row in metrics if row.get("cosines")), None)
    found = {
        **({f"update {first['step']}": first["cosines"]} if first else {}),
        "trained": training.found.get("cosines", {}),
    }
    blocks = list(dict.fromkeys(b for both in found.values() for by in both.values() for b in by))
    if not blocks:
        return None
    return Table(
        caption="Cosine of the method's gradient with others, by block of weights.",
        columns=("", *blocks),
        rows=tuple(
            (f"{when}, {WITH.get(other, other)}", *(by_block.get(b, math.nan) for b in blocks))
            for when, both in found.items()
            for other, by_block in both.items()
        ),
    )
