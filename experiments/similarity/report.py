"""The report of a comparison of solutions, and its section for others."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from spikemodes.analysis.figures.likeness import draw_distances, draw_maps
from spikemodes.analysis.likeness.distances import classical_map

from ..display.page import Figure, Report, Section, Table, Tile
from ..display.writing import write_report
from .run import Likeness
from .solutions import Solution, is_control

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
        i, j = pairs.nearest(matrix)
        names = found.distances.names
        means = {
            "networks that learned in the same way are {} apart": pairs.within,
            "those that learned in different ways {}": pairs.between,
            "those that learned and controls, which did not, {}": pairs.to_controls,
        }
        parts = [
            text.format(f"{matrix[chosen].mean():.2g}")
            for text, chosen in means.items()
            if chosen.any()
        ]
        yield (
            f"{measure}: {names[i]} and {names[j]} are the nearest ({matrix[i, j]:.2g}). In the"
            f" mean, {', '.join(parts)}."
        )
    if found.left_out:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in found.left_out.items())
        yield f"Left out: {reasons}"


class _Pairs:
    """Pairs of networks, by whether they learned in the same way."""

    def __init__(self, found: Likeness) -> None:
        kinds = np.array([found.kinds[name] for name in found.distances.names])
        control = np.array([is_control(kind) for kind in kinds])
        upper = np.triu(np.ones((len(kinds),) * 2, bool), 1)
        same = kinds[:, None] == kinds
        self.kinds, self.control = kinds, control
        self.learned = upper & ~control[:, None] & ~control
        self.within, self.between = self.learned & same, self.learned & ~same
        self.to_controls = upper & (control[:, None] != control)

    def nearest(self, matrix: np.ndarray) -> tuple[int, int]:
        """The two networks that learned and are nearest."""
        among = self.learned if self.learned.any() else self.to_controls
        i, j = np.unravel_index(np.argmin(np.where(among, matrix, np.inf)), matrix.shape)
        return int(i), int(j)

    def of(self, matrix: np.ndarray, kind: str) -> tuple[str, str, str]:
        """Distances of a kind: within it, to the nearest other one, to controls."""
        own = self.kinds == kind
        others = dict.fromkeys(self.kinds[~own & ~self.control].tolist())
        means = {other: matrix[np.ix_(own, self.kinds == other)].mean() for other in others}
        inside = matrix[np.triu(np.outer(own, own), 1)]
        control = matrix[np.ix_(own, self.control)]
        nearest = min(means, key=lambda other: means[other], default=None)
        return (
            f"{inside.mean():.2g}" if inside.size else "–",
            f"{means[nearest]:.2g}, {nearest}" if nearest is not None else "–",
            f"{control.mean():.2g}" if control.size else "–",
        )


def _table(found: Likeness) -> Table:
    pairs = _Pairs(found)
    measures = found.distances.by_measure
    learned = dict.fromkeys(pairs.kinds[~pairs.control].tolist())
    parts = ("within", "nearest other way", "to controls")
    return Table(
        caption="Mean distance of networks that learned in one way: to each other, to those of the"
        " nearest other way, and to controls: without recurrence, the first network before it"
        " learned (untrained), and the first with what its neurons receive and send dealt to others"
        " (shuffled). 0: alike; 1: nothing in common.",
        columns=("learned by", *(f"{m}: {part}" for m in measures for part in parts)),
        rows=tuple(
            (kind, *(cell for matrix in measures.values() for cell in pairs.of(matrix, kind)))
            for kind in learned
        ),
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
            controls=[kind for kind in found.kinds.values() if is_control(kind)],
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
