"""The report's section on the stress test."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from spikemodes.analysis.figures.stress import LIMIT, draw_condition, draw_overview
from spikemodes.analysis.survival import breaking_level

from ..display.page import Figure, Section, Table
from ..pipeline.summary import StressTest
from ..stress.battery import BATTERY, GROUPS
from ..stress.cells import Cell, read_cells
from .reported import Reported


def stress(found: Reported) -> Section | None:
    """Say what broke the network, if it was tested."""
    if not found.run.stress.exists():
        return None
    return stress_section(read_cells(found.run.stress), found.summary.stress, found.conditions)


def stress_section(
    cells: list[Cell], found: StressTest | None = None, conditions: str = ""
) -> Section:
    """Lay out what broke the network, at which level, and what became of its modes.

    `found` is what the stress test left in the summary of the run.
    `conditions` are those under which the network runs anyway.
    """
    by_condition: dict[str, list[Cell]] = {}
    for cell in cells:
        by_condition.setdefault(cell.condition, []).append(cell)
    known = {name: own for name, own in by_condition.items() if name in BATTERY}
    failed = [cell for cell in cells if cell.error]
    left_out, noise = (found.left_out, found.random) if found else ({}, None)
    text = (
        "The trained network in Brian2, put under one condition of biology after another. Level"
        " zero is the undisturbed network. Ranks compare what each mode's ablation costs under the"
        " condition, at its last level, with what it costs in the undisturbed network: 1 where the"
        " same modes carry the task."
    )
    if conditions:
        text += (
            f"\n\nUndisturbed is the network under the conditions it learned under ({conditions});"
            " a condition of the test takes the place of one of the same name."
        )
    if failed:
        reasons = "; ".join(f"{c.condition} at {c.level:g}: {c.error}" for c in failed)
        text += f"\n\n{len(failed)} of {len(cells)} cells failed: {reasons}"
    if left_out:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        text += f"\n\nLeft out, as they do not fit this network: {reasons}."
    if noise:
        text += f"\n\nLevel zero is not compared spike for spike, because {noise}."
    return Section(
        title="Stress test",
        text=text,
        table=Table(
            caption=f"The level at which the score falls below {LIMIT:g}, interpolated.",
            columns=(
                "condition", "level", f"falls below {LIMIT:g} at", "last level", "score there",
                "95 % interval", "rate there [Hz]", "agreement of mode ranks",
                "level 0 spike for spike",
            ),
            rows=tuple(_row(name, own, bool(noise)) for name, own in known.items()),
        ),
        figures=tuple(_figures(known)),
    )  # fmt: skip


def _figures(known: dict[str, list[Cell]]) -> Iterator[Figure]:
    """Draw what has results; a condition whose every level failed has none."""
    found = {name: [cell for cell in cells if not cell.error] for name, cells in known.items()}
    found = {name: cells for name, cells in found.items() if cells}
    if found:
        yield _overview(found)
    for name, cells in found.items():
        yield _figure(name, cells)


def _row(name: str, cells: list[Cell], random: bool) -> tuple[str | int | float, ...]:
    first, last = cells[0], cells[-1]
    levels, scores = _arrays(cells, "level"), _arrays(cells, "score")
    level = breaking_level(levels, scores, LIMIT)
    return (
        name,
        first.axis,
        "–" if np.isnan(scores).all() else "never" if level is None else f"{level:.3g}",
        f"{last.level:g}",
        _number(last.score),
        f"{_number(last.low)} – {_number(last.high)}",
        "–" if np.isnan(last.rate_hz) else f"{last.rate_hz:.1f}",
        _number(last.rank_agreement),
        "–" if random or first.error else "yes" if first.identical else "no",
    )


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}"


def _arrays(cells: list[Cell], name: str) -> np.ndarray:
    return np.array([getattr(cell, name) for cell in cells], float)


def _overview(known: dict[str, list[Cell]]) -> Figure:
    panels = {
        title: {
            name: (_arrays(known[name], "normalised"), _arrays(known[name], "score"))
            for name in names
            if name in known
        }
        for title, names in GROUPS.items()
        if any(name in known for name in names)
    }
    return Figure(
        "stress-overview",
        "Score against level, as a share of each sweep, for all conditions.",
        partial(draw_overview, panels=panels),
    )


def _figure(name: str, good: list[Cell]) -> Figure:
    draw = partial(
        draw_condition,
        axis=good[0].axis,
        levels=_arrays(good, "level"),
        score=_arrays(good, "score"),
        low=_arrays(good, "low"),
        high=_arrays(good, "high"),
        rates=_arrays(good, "rate_hz"),
        variance=np.array([cell.mode_variance for cell in good]).reshape(len(good), -1),
        drops=np.array([cell.mode_drop for cell in good]).reshape(len(good), -1),
    )
    shown = (
        "score with its 95 % interval",
        "firing rate",
        *(("variance of each mode's activity",) if good[0].mode_variance else ()),
        *(("what ablating each mode costs",) if good[0].mode_drop else ()),
    )
    title = name.replace("-", " ").capitalize()
    return Figure(f"stress-{name}", f"{title}: {', '.join(shown)}, by level.", draw)
