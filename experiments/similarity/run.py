"""Compare the solutions of several networks: distances, beside those to controls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from spikemodes.analysis.likeness.distances import Distances, distances
from spikemodes.analysis.likeness.geometry import centred

from ..display.tables import write_rows
from .solutions import Solution, controls_of, mean_activity, require_one_task, shared_trials


@dataclass(frozen=True, eq=False)
class Likeness:
    """How far networks are apart.

    Parameters
    ----------
    distances
        Between all networks and controls.
    kinds
        How each learned, by name.
    n_trials
        Trials in which they were compared.
    left_out
        Why a network was not compared, by name.
    """

    distances: Distances
    kinds: Mapping[str, str]
    n_trials: int
    left_out: Mapping[str, str] = field(default_factory=dict)


def compare_solutions(
    solutions: Sequence[Solution],
    n_trials: int,
    begin: Callable[[str], None] = lambda _: None,
) -> Likeness:
    """Run networks and controls in the same trials, in the twin, and compare their activity.

    Networks that are silent are left out.

    Raises `ValueError` if fewer than two are left, their tasks differ, or trials are too short.
    """
    require_one_task(solutions)
    trials = shared_trials(solutions, n_trials)
    activity: dict[str, np.ndarray] = {}
    left_out: dict[str, str] = {}
    everyone = [*solutions, *controls_of(solutions)]
    for one in everyone:
        begin(f"twin: {one.name}")
        found = mean_activity(one, trials)
        try:
            centred(found)
        except ValueError as error:
            left_out[one.name] = str(error)
        else:
            activity[one.name] = found
    if sum(one.name in activity for one in solutions) < 2:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise ValueError(f"`RUN_DIR...` must have two networks that do anything: {reasons}")
    begin("distances")
    kinds = {one.name: one.kind for one in everyone if one.name in activity}
    return Likeness(distances(activity), kinds, n_trials, left_out)


def write_matrices(found: Likeness, folder: Path) -> list[Path]:
    """Write a CSV for each measure, rows and columns by name, each whole or not at all."""
    names, written = found.distances.names, []
    for measure, matrix in found.distances.by_measure.items():
        path = folder / f"{measure.lower()}.csv"
        rows = (
            {"network": name, **dict(zip(names, row.tolist(), strict=True))}
            for name, row in zip(names, matrix, strict=True)
        )
        write_rows(rows, path)
        written.append(path)
    return written
