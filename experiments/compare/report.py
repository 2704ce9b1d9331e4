"""The report of a comparison: its tables, and a figure."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from spikemodes.analysis.figures.comparison import Contender, draw_comparison, draw_courses
from spikemodes.models.files import atomic_write
from spikemodes.models.networks.storage import load_network
from spikemodes.models.quantities import format_quantity

from ..config.nested_keys import read_stored_config
from ..config.spec import parse_spec
from ..display.page import Figure, Report, Section, Tile
from ..display.writing import write_report
from ..similarity.report import section
from ..similarity.run import compare_solutions, write_matrices
from ..similarity.solutions import Solution
from .contestants import CONTROL, Contestant
from .intervals import FEWEST, interval
from .latex import latex
from .plan import Budget, Effort, Seen
from .run import Comparison
from .search import FINALISTS, NETWORKS, n_networks
from .tables import finished, ranked, tables

Rows = Sequence[Mapping[str, Any]]

_SEEDS_ON_MAP = 3  # of each method
_TRIALS_ON_MAP = 40


def report(comparison: Comparison, rows: Rows) -> Path:
    """Write ``comparison.html``, its figures and ``comparison.tex`` into the directory."""
    plan = comparison.plan
    spec = plan.contestants[0].spec(plan.given)
    task = spec.build_task()
    by_name = {contestant.name: contestant for contestant in plan.contestants}
    found = {
        name: _contender(comparison, by_name[name], done)
        for name, own in ranked(plan, rows).items()
        if (done := finished(own)) and done[0].get("performance") is not None
    }
    shown = tables(plan, rows)
    what = "\n\n".join(f"{c.name}: {c.about}." for c in plan.contestants)
    whole = Report(
        title=f"Ways to learn {task.name}",
        subtitle=task.description,
        tiles=(
            Tile("methods", str(len(plan.contestants))),
            Tile("seeds", str(plan.seeds), "each shared by all methods, with its trials"),
            Tile("training each", _each(plan.effort), "one process on one thread"),
        ),
        sections=(
            *(Section(title=title, table=table) for title, table in shown.items()),
            Section(
                title="Seeds, trials and time",
                figures=_figures(found) if found else (),
            ),
            *_likeness(comparison, rows),
            Section(title="Equal terms", text=_terms(comparison)),
            Section(title="What they are", text=what),
        ),
    )
    path = comparison.path / "comparison.html"
    write_report(whole, path, comparison.path / "figures")
    with atomic_write(path.with_suffix(".tex")) as temporary:
        temporary.write_text(latex(shown), encoding="utf-8")
    return path


def _likeness(comparison: Comparison, rows: Rows) -> Iterator[Section]:
    """Map the solutions of the first seeds, if two networks or more are finished."""
    done = {(row["method"], row["seed"]) for row in finished(rows)}
    solutions = []
    for cell in comparison.cells:
        if cell.seed < _SEEDS_ON_MAP and (cell.contestant.name, cell.seed) in done:
            run = comparison.run_of(cell)
            spec = parse_spec(read_stored_config(run.config))
            network = load_network(run.network)
            solutions.append(Solution(cell.name, cell.contestant.name, spec, network))
    if len(solutions) < 2:
        return
    try:
        found = compare_solutions(solutions, _TRIALS_ON_MAP)
    except ValueError as error:  # the rest of the report is still made
        yield Section("Are the solutions alike?", f"They were not compared: {error}")
        return
    write_matrices(found, comparison.path)
    yield section(found, "Are the solutions alike?")


def _each(effort: Effort) -> str:
    match effort:
        case Seen(trials):
            return f"{trials:,} trials"
        case Budget(seconds):
            return f"{seconds:g} s"
    return f"{effort.updates:,} updates"


def _figures(found: Mapping[str, Contender]) -> tuple[Figure, ...]:
    beside = (
        " Line: networks of the first seed that learned for an eighth, a quarter, half and all of"
        " the updates, each from the start to the end of its own schedule and scored without"
        " learning. Diamonds: all seeds. Faint: the other methods. Dotted: the contestant that"
        " learned without recurrence. Below -0.25 all are drawn at the edge."
    )
    return (
        Figure(
            "comparison",
            "Performance on unseen trials: every seed, their mean and, from 5 seeds on, its"
            " bootstrap interval. Dotted: the contestant that learned without recurrence. Below"
            " -0.25 all are drawn at the edge.",
            partial(draw_comparison, found=found, control=CONTROL),
            finding=_best(found),
        ),
        *(
            Figure(
                f"comparison-by-{by}",
                f"Performance against {by} of training.{beside}",
                partial(draw_courses, found=found, by_time=by == "seconds", control=CONTROL),
                finding=_fastest(found, along, by),
            )
            for along, by in enumerate(("updates", "seconds"))
        ),
    )


def _best(found: Mapping[str, Contender]) -> str:
    """Name the best mean, and the methods whose seeds reach it."""
    name, best = max(found.items(), key=lambda item: item[1].score.mean())
    near = [n for n, one in found.items() if n != name and one.score.max() >= best.score.mean()]
    reach = f"a seed of {', '.join(near)} reaches it" if near else "no seed of another reaches it"
    return f"The best mean performance is that of {name}, {best.score.mean():.3f}; {reach}."


def _fastest(found: Mapping[str, Contender], along: int, by: str) -> str:
    """Name what passes 0.9 of the best mean with the least effort, in the first seed's course."""
    level = 0.9 * max(one.score.mean() for one in found.values())
    effort = {
        name: one.course[along][one.course[2] >= level].min()
        for name, one in found.items()
        if (one.course[2] >= level).any()
    }
    if not effort:
        return f"No course of a first seed reaches a performance of {level:.2f}."
    name = min(effort, key=lambda name: effort[name])
    return (
        f"Of the first seeds, {len(effort)} of {len(found)} reach a performance of {level:.2f}, 0.9"
        f" of the best mean; {name} does so with the fewest {by}, {effort[name]:.3g}."
    )


def _terms(comparison: Comparison) -> str:
    """Say what is the same for all, and what cannot be."""
    plan = comparison.plan
    spec = plan.contestants[0].spec(plan.given)
    network, candidates = spec.network, plan.candidates
    decay = format_quantity(network.synapse.tau_decay)
    searched = (
        f"Learning rates (FORCE: alpha, the inverse of its first one) are the best of {candidates}"
        " on a geometric grid around what the method brings, by a factor of 3 (alpha: 10) each,"
        " and of one value more: beyond the grid where the best is at an end of it, else halfway"
        f" to the better one beside it. A value trains one network, the best {FINALISTS} of them"
        f" {NETWORKS}, whose better mean wins; for as long as the networks that are compared, with"
        f" weights and trials apart from those of training and test. All methods train"
        f" {n_networks(candidates)} networks for it; how well the defaults were tuned before"
        " differs."
        if candidates
        else "Learning rates are those that the methods bring, and how well these were tuned before"
        " differs."
    )
    return (
        f"The same for all: N = {network.neurons} neurons, P = {network.modes} modes where there"
        f" are modes, filters of {decay} decay for what is read out and fed"
        " back, the trials of a seed in their order and the test trials, a readout of the same"
        " kind, and input weights that begin as N(0, 1/C) of C channels. Gradients come from"
        f" batches of {plan.block} trials. Classes are asked for in the second half of a trial."
        " Spiking networks run in Brian2. Learned and stored numbers, and operations, follow from"
        " how each method writes W.\n\n"
        f"{searched}\n\n"
        "What cannot be the same: rate units have no filter, so that their own time constant is the"
        " filter's decay; FORCE learns within a trial, trial by trial, and its input weights stay"
        " as drawn; those of sigmoid units, whose slope is a quarter, begin twice as large; spiking"
        " FORCE and rate-to-spike have neurons with a constant current, without a filter before the"
        " membrane. Performance is the explained variance of target traces, or the accuracy of"
        " classes above chance: 0 for a constant answer, below for worse."
    )


def _contender(comparison: Comparison, contestant: Contestant, rows: Rows) -> Contender:
    score = np.array([row["performance"] for row in rows], float)
    low, high = interval(list(score)) if len(score) >= FEWEST else (score.mean(), score.mean())
    ends = np.array([[row[key] for row in rows] for key in ("updates", "seconds")], float)
    course = np.array(comparison.course(contestant), float).reshape(-1, 3).T
    course[0] *= rows[0]["updates"] / rows[0]["trials"]
    return Contender(score, float(low), float(high), ends, course)
