"""The report's section on the stress test."""

import math
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from spikemodes.analysis.figures.stress import Curve, draw_condition, draw_overview
from spikemodes.analysis.survival import FEWEST_DRAWS

from ..display.page import Figure, Section, Table
from ..pipeline.summary import StressTest
from ..stress.battery import BATTERY, GROUPS
from ..stress.cells import Cell, OlderTableError, read_cells
from . import glossary
from .reported import Reported

_TITLE = "Stress test"


def stress(found: Reported) -> Section | None:
    """Say what broke the network, if it was tested."""
    if not found.run.stress.exists():
        return None
    try:
        cells = read_cells(found.run.stress)
    except OlderTableError:
        return Section(
            _TITLE,
            "The stress test of this run is of an older version, which measured other things. Run"
            " `spikemodes stress` on it again.",
        )
    network = f"N = {found.network.n_neurons}"
    return stress_section(cells, found.summary.stress, found.conditions, network)


def stress_section(
    cells: list[Cell], found: StressTest | None = None, conditions: str = "", network: str = ""
) -> Section:
    """Lay out what broke the network, at which level, and what became of its modes.

    `found` is what the stress test left in the summary of the run.
    `conditions` are those under which the network runs anyway, `network` what it is.
    """
    tested = _by_condition(cells)
    return Section(
        title=_TITLE,
        text="\n\n".join(_paragraphs(cells, tested, found, conditions, network)),
        table=Table(
            caption="Half: where mean performance falls below half of the undisturbed network's,"
            " interpolated; > x: not within the sweep, which ends at x. In brackets 95 % intervals:"
            " over draws and trials where a condition draws anything, else over trials alone. Other"
            " columns are means at the last level.",
            columns=(
                "condition", "level", "draws", "half at", "last level", "performance", "accuracy",
                "explained variance", "ideal observer", "rate [Hz]", "agreement of ablation ranks",
                "level 0 spike for spike",
            ),
            rows=tuple(
                _row(name, own, found, bool(found and found.random)) for name, own in tested.items()
            ),
        ),
        figures=tuple(_figures(tested, found)),
        glossary=glossary.STRESS,
    )  # fmt: skip


def _by_condition(cells: list[Cell]) -> dict[str, list[Cell]]:
    tested: dict[str, list[Cell]] = {}
    for cell in cells:
        if all(part in BATTERY for part in cell.condition.split("+")):
            tested.setdefault(cell.condition, []).append(cell)
    return tested


def _paragraphs(
    cells: list[Cell],
    tested: dict[str, list[Cell]],
    found: StressTest | None,
    conditions: str,
    network: str,
) -> Iterator[str]:
    of = f" ({network})" if network else ""
    yield (
        f"The trained network{of} in Brian2, put under one condition after another. A condition"
        " changes or disturbs the circuit by a level; some stand for biology, some for damage,"
        " noise or numerics."
        " Performance is 1 for a perfect answer and 0 for the best constant one. Level zero is the"
        " undisturbed network. Ablation ranks compare what each mode's ablation costs under the"
        " condition, at its last level and in its first draw, with what it costs in the undisturbed"
        " network: Spearman's correlation of P ranks, in one draw; 1 is the same order. At P = 3"
        " chance gives 1 in one case of six. It is left out where performance is below half of the"
        " undisturbed network's."
    )
    draws = max((cell.draws for cell in cells), default=1)
    if any(cell.drawn for cell in cells) and draws < FEWEST_DRAWS:
        yield (
            f"With {draws} {'draw' if draws == 1 else 'draws'} of each level there is no interval"
            f" over draws: all values are shown. `--draws {FEWEST_DRAWS}` gives one."
        )
    if conditions:
        yield (
            f"Undisturbed is the network under the conditions it learned under ({conditions});"
            " a condition of the test takes the place of one of the same name."
        )
    notes = dict.fromkeys(part for name in tested for part in name.split("+"))
    told = [f"{name}: {BATTERY[name].note}" for name in notes if BATTERY[name].note]
    if told:
        yield "To read them: " + " ".join(told)
    failed = [cell for cell in cells if cell.error]
    if failed:
        reasons = "; ".join(f"{c.named}: {c.error}" for c in failed)
        yield f"{len(failed)} of {len(cells)} cells failed: {reasons}"
    if found and found.left_out:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in found.left_out.items())
        yield f"Left out, as they do not fit this network: {reasons}."
    if found and found.random:
        yield f"Level zero is not compared spike for spike, because {found.random}."


def _figures(tested: dict[str, list[Cell]], test: StressTest | None) -> Iterator[Figure]:
    """Draw what has results; a condition whose every level failed has none."""
    found = {name: [cell for cell in cells if not cell.error] for name, cells in tested.items()}
    found = {name: cells for name, cells in found.items() if cells}
    if found:
        yield _overview(found)
    for name, cells in found.items():
        yield _figure(name, cells, _halved(name, cells, test))


def _row(
    name: str, cells: list[Cell], found: StressTest | None, random: bool
) -> tuple[str | int | float, ...]:
    first, level = cells[0], cells[-1].level
    last = [cell for cell in cells if cell.level == level]
    good = [cell for cell in last if not cell.error]
    draws = max(cell.draws for cell in cells)
    return (
        name,
        first.axis,
        f"{draws}" if first.drawn else "draws nothing",
        _half(name, found, level),
        last[0].levels,
        _performance(good),
        _number(_mean(good, "accuracy")),
        _number(_mean(good, "explained_variance")),
        _number(_mean(good, "ceiling")),
        _number(_mean(good, "rate_hz"), 1),
        _number(last[0].rank_agreement if _carried(cells, good) else math.nan),
        "–" if random or first.error else "yes" if first.identical else "no",
    )


def _carried(cells: list[Cell], last: list[Cell]) -> bool:
    """Whether performance at the last level is half of the undisturbed or more."""
    undisturbed = [cell for cell in cells if cell.level == cells[0].level]
    return _mean(last, "performance") >= _mean(undisturbed, "performance") / 2


def _overall(tested: dict[str, list[Cell]]) -> str:
    """Count the conditions that end below half of the undisturbed performance."""
    ends = {name: _curve(cells, "level").mean[[0, -1]] for name, cells in tested.items()}
    broken = [name for name, (first, last) in ends.items() if last < first / 2]
    named = f": {', '.join(broken)}" if broken else ""
    return (
        f"At the last level, {len(broken)} of {len(ends)} conditions leave less than half of the"
        f" undisturbed performance{named}."
    )


def _half(name: str, found: StressTest | None, last: float) -> str:
    """Where performance is halved, and the interval: ``0.31 (0.28 to > 0.75)``."""
    if found is None or name not in (found.halves_at or {}):
        return "–"
    assert found.halves_at is not None
    ends = (found.halves_within or {}).get(name)
    within = f" ({_level(ends[0], last)} to {_level(ends[1], last)})" if ends else ""
    if ends and list(ends) == [None, None]:
        within = ""
    return f"{_level(found.halves_at[name], last)}{within}"


def _level(value: float | None, last: float) -> str:
    """The level, or that it is beyond the last of the sweep."""
    return f"> {last:g}" if value is None or math.isinf(value) else f"{value:.3g}"


def _performance(draws: Sequence[Cell]) -> str:
    """Mean and interval at a level; all values where draws are too few for one."""
    if not draws:
        return "–"
    cell, mean = draws[0], _number(_mean(draws, "performance"))
    if not np.isnan(cell.mean_low):
        return f"{mean} ({_number(cell.mean_low)} – {_number(cell.mean_high)})"
    if len(draws) > 1:
        return f"{mean} ({', '.join(_number(draw.performance) for draw in draws)})"
    return f"{mean} (one draw: no interval over draws)" if cell.drawn else mean


def _number(value: float, digits: int = 3) -> str:
    return "–" if np.isnan(value) else f"{value:.{digits}f}"


def _mean(cells: Sequence[Cell], name: str) -> float:
    return float(np.mean([getattr(cell, name) for cell in cells])) if cells else math.nan


def _levels(cells: list[Cell]) -> list[list[Cell]]:
    """The draws of each level, levels ascending."""
    levels: dict[float, list[Cell]] = {}
    for cell in cells:
        levels.setdefault(cell.level, []).append(cell)
    return list(levels.values())


def _curve(cells: list[Cell], scale: str) -> Curve:
    levels = _levels(cells)
    most = max(map(len, levels))
    draws = np.full((len(levels), most), np.nan)
    for values, own in zip(draws, levels, strict=True):
        values[: len(own)] = [cell.performance for cell in own]
    return Curve(
        levels=_arrays([own[0] for own in levels], scale),
        mean=np.array([_mean(own, "performance") for own in levels]),
        low=_arrays([own[0] for own in levels], "mean_low"),
        high=_arrays([own[0] for own in levels], "mean_high"),
        draws=draws,
        ceiling=np.array([_mean(own, "ceiling") for own in levels]),
    )


def _arrays(cells: list[Cell], name: str) -> np.ndarray:
    return np.array([getattr(cell, name) for cell in cells], float)


def _overview(tested: dict[str, list[Cell]]) -> Figure:
    together = tuple(name for name in tested if "+" in name)
    panels = {
        title: {name: _curve(tested[name], "normalised") for name in names if name in tested}
        for title, names in {**GROUPS, "together": together}.items()
        if any(name in tested for name in names)
    }
    return Figure(
        "stress-overview",
        "Mean performance against level, as a share of each sweep, for all conditions."
        " Dotted: half of the undisturbed network's. The ends of sweeps are conventions: curves of"
        " different conditions are not to be compared along the axis.",
        partial(draw_overview, panels=panels),
        finding=_overall(tested),
    )


def _halved(name: str, cells: list[Cell], test: StressTest | None) -> str:
    """Say at which level half of the performance is lost, if that is known."""
    if test is None or name not in (test.halves_at or {}):
        return ""
    assert test.halves_at is not None
    half, last = test.halves_at[name], max(cell.level for cell in cells)
    if half is None or math.isinf(half):
        return f" It stays above half of that at level 0 up to {last:g}."
    return f" It falls below half of that at level 0 at {half:.3g}."


def _figure(name: str, cells: list[Cell], half: str) -> Figure:
    levels, curve = _levels(cells), _curve(cells, "level")
    drops = [own[0].mode_drop for own in levels]
    draw = partial(
        draw_condition,
        axis=cells[0].axis,
        curve=curve,
        rates=np.array([_mean(own, "rate_hz") for own in levels]),
        variance=np.array(
            [np.mean([cell.mode_variance for cell in own], axis=0) for own in levels]
        ).reshape(len(levels), -1),
        drops=np.array(drops if all(drops) else [()] * len(levels)).reshape(len(levels), -1),
    )
    shown = (
        "performance, with its 95 % interval where there is one",
        *(("each draw a dot",) if curve.draws.shape[1] > 1 else ()),
        *(("dashed the ideal observer",) if np.isfinite(curve.ceiling).any() else ()),
        "dotted half of the undisturbed network's",
        "firing rate",
        *(("variance of each mode's activity",) if cells[0].mode_variance else ()),
        *(("what ablating each mode costs",) if all(drops) else ()),
    )
    title = name.replace("-", " ").replace("+", " and ").capitalize()
    key = name.replace("+", "-and-")
    rates = [_mean(levels[k], "rate_hz") for k in (0, -1)]
    finding = (
        f"Mean performance goes from {_number(float(curve.mean[0]), 2)} at level"
        f" {curve.levels[0]:g} to {_number(float(curve.mean[-1]), 2)} at {curve.levels[-1]:g}, the"
        f" firing rate from {_number(rates[0], 1)} to {_number(rates[1], 1)} Hz.{half}"
    )
    caption = f"{title}: {', '.join(shown)}, by level."
    return Figure(f"stress-{key}", caption, draw, finding=finding)
