"""The report of a comparison: its tables, and a figure."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from spikemodes.analysis.figures.comparison import Contender, draw_comparison
from spikemodes.models.networks.storage import load_network
from spikemodes.models.quantities import format_quantity

from ..config.nested_keys import read_stored_config
from ..config.spec import parse_spec
from ..display.page import Figure, Report, Section, Tile, write_report
from ..similarity.report import section
from ..similarity.run import compare_solutions, write_matrices
from ..similarity.solutions import Solution
from .contestants import CONTROL, Contestant
from .intervals import FEWEST, interval
from .plan import Budget, Effort, Seen
from .run import Comparison
from .search import FINALISTS, NETWORKS, n_networks
from .tables import finished, ranked, tables

Rows = Sequence[Mapping[str, Any]]

_SEEDS_ON_MAP = 3  # of each method
_TRIALS_ON_MAP = 40


def report(comparison: Comparison, rows: Rows) -> Path:
    """Write ``comparison.html`` and its figures into the comparison's directory."""
    plan = comparison.plan
    spec = plan.contestants[0].spec(plan.given)
    task = spec.build_task()
    by_name = {contestant.name: contestant for contestant in plan.contestants}
    found = {
        name: _contender(comparison, by_name[name], done)
        for name, own in ranked(plan, rows).items()
        if (done := finished(own)) and done[0].get("performance") is not None
    }
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
            *(Section(title=title, table=table) for title, table in tables(plan, rows).items()),
            Section(
                title="Seeds, trials and time",
                figures=(_figure(found),) if found else (),
            ),
            *_likeness(comparison, rows),
            Section(title="Equal terms", text=_terms(comparison)),
            Section(title="What they are", text=what),
        ),
    )
    path = comparison.path / "comparison.html"
    write_report(whole, path, comparison.path / "figures")
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


def _figure(found: Mapping[str, Contender]) -> Figure:
    return Figure(
        "comparison",
        "Performance on unseen trials. Left: every seed, their mean and, from 5 seeds on, its"
        " bootstrap interval. Right: networks of the first seed that learned from an eighth, a"
        " quarter, half and all of the trials, each from the start to the end of its own schedule"
        " and scored without learning; against the trials, and against the seconds that took."
        " Dotted: the"
        " contestant that learned without recurrence. Below -0.25 all are drawn at the edge.",
        partial(draw_comparison, found=found, control=CONTROL),
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
    course = np.array(comparison.course(contestant), float).reshape(-1, 3).T
    return Contender(score, float(low), float(high), course)
