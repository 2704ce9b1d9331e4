"""The report of a comparison of solutions, and its section for others."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from spikemodes.analysis.figures.likeness import draw_distances, draw_maps
from spikemodes.analysis.likeness.distances import classical_map

from ..display.page import Figure, Report, Section, Table, Tile, write_report
from .run import Likeness
from .solutions import SHUFFLED, UNTRAINED, Solution

_CONTROLS = (UNTRAINED, SHUFFLED)
_MOST_NAMED = 16  # networks whose matrix can be read


def report(found: Likeness, solutions: list[Solution], folder: Path) -> Path:
    """Write ``similarity.html`` and its figures."""
    task = solutions[0].spec.build_task()
    whole = Report(
        title=f"Are the solutions alike? {task.name}",
        subtitle=task.description,
        tiles=(
            Tile("networks", str(len(solutions))),
            Tile("trials", str(found.n_trials), "the same for all, unseen by the first"),
        ),
        sections=(section(found), Section("How distances are measured", _METHODS)),
    )
    path = folder / "similarity.html"
    write_report(whole, path, folder / "figures")
    return path


def section(found: Likeness, title: str = "Distances between solutions") -> Section:
    """Say how far networks are apart, beside controls."""
    names = found.distances.names
    figures = [_maps(found)]
    if len(names) <= _MOST_NAMED:
        figures.append(_matrices(found))
    return Section(
        title=title,
        text="\n\n".join(_paragraphs(found)),
        table=_table(found),
        figures=tuple(figures),
    )


def _paragraphs(found: Likeness) -> Iterator[str]:
    pairs = _Pairs(found)
    for measure, matrix in found.distances.by_measure.items():
        within, between = pairs.mean(matrix, pairs.within), pairs.mean(matrix, pairs.between)
        control = pairs.mean(matrix, pairs.to_controls)
        i, j = pairs.nearest(matrix)
        parts = [f"{found.distances.names[i]} and {found.distances.names[j]} are the nearest"]
        parts[0] += f" ({matrix[i, j]:.2f})"
        if np.isfinite(within):
            parts.append(f"networks that learned in the same way are {within:.2f} apart")
        if np.isfinite(between):
            parts.append(f"networks that learned in different ways {between:.2f}")
        if np.isfinite(control):
            parts.append(f"and they are {control:.2f} from controls, which did not learn")
        yield f"{measure}: {', '.join(parts)}, in the mean."
    if found.left_out:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in found.left_out.items())
        yield f"Left out: {reasons}"


class _Pairs:
    """Pairs of networks, by whether they learned in the same way."""

    def __init__(self, found: Likeness) -> None:
        kinds = np.array([found.kinds[name] for name in found.distances.names])
        control = np.isin(kinds, _CONTROLS)
        upper = np.triu(np.ones((len(kinds),) * 2, bool), 1)
        learned = upper & ~control[:, None] & ~control
        same = kinds[:, None] == kinds
        self.learned = learned
        self.within, self.between = learned & same, learned & ~same
        self.to_controls = upper & (control[:, None] != control)

    @staticmethod
    def mean(matrix: np.ndarray, pairs: np.ndarray) -> float:
        """Mean distance; NaN of no pair."""
        return float(matrix[pairs].mean()) if pairs.any() else np.nan

    def nearest(self, matrix: np.ndarray) -> tuple[int, int]:
        """The two networks that learned and are nearest."""
        i, j = np.unravel_index(np.argmin(np.where(self.learned, matrix, np.inf)), matrix.shape)
        return int(i), int(j)


def _table(found: Likeness) -> Table:
    pairs, kinds = _Pairs(found), found.kinds
    controls = [name for name in found.distances.names if kinds[name] in _CONTROLS]
    learned = [i for i, name in enumerate(found.distances.names) if kinds[name] not in _CONTROLS]
    rows = []
    for measure, matrix in found.distances.by_measure.items():
        to = [float(matrix[learned, found.distances.names.index(name)].mean()) for name in controls]
        rows.append(
            (
                measure,
                pairs.mean(matrix, pairs.within),
                pairs.mean(matrix, pairs.between),
                *to,
            )
        )
    return Table(
        caption="Mean distance of networks that learned in the same way and in different ways, and"
        " of all of them to the first network before it learned (untrained) and with what its"
        " neurons receive and send dealt to others (shuffled). 0: alike; 1: nothing in common.",
        columns=("measure", "same way", "different ways", *(f"to {name}" for name in controls)),
        rows=tuple(rows),
    )


def _maps(found: Likeness) -> Figure:
    return Figure(
        "likeness-map",
        "A map for each measure: networks that are alike lie near each other (classical scaling of"
        " the distances to a plane; axes have no meaning of their own). Colours and marks: how each"
        " learned; grey: controls.",
        partial(
            draw_maps,
            maps={
                measure: classical_map(matrix)
                for measure, matrix in found.distances.by_measure.items()
            },
            kinds=[found.kinds[name] for name in found.distances.names],
            controls=_CONTROLS,
        ),
    )


def _matrices(found: Likeness) -> Figure:
    return Figure(
        "likeness-matrices",
        "Distance of each two networks by each measure: 0 alike, 1 nothing in common.",
        partial(draw_distances, names=found.distances.names, matrices=found.distances.by_measure),
    )


_METHODS = (
    "All networks see the same trials, in the twin, and what is compared is the mean of filtered"
    " spikes (or rates) of each condition, in its six leading principal components: coordinates"
    " that networks without modes have, too. Procrustes: the angle that is left after the best"
    " rotation, over π/2, which compares shapes. CCA: 1 - the mean canonical correlation, after any"
    " linear map. DSA: the angle between linear dynamics of delay-embedded trajectories after the"
    " best rotation, over π, which compares how states follow each other whatever their shape; its"
    " usual size depends on the step (10 ms), so that it is read beside the controls. Trajectories"
    " are driven by the same inputs in all networks, which makes all of them alike to some degree:"
    " what counts is the distance beside that to controls, which have the inputs and not the"
    " solution."
)
