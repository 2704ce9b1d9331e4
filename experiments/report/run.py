"""What the report of a run shows, from its summary, metrics, network, recording and findings."""

import math
from functools import partial
from typing import Any

import numpy as np
from spikemodes.analysis.figures.activity import draw_raster
from spikemodes.analysis.figures.behaviour import draw_training_curve
from spikemodes.analysis.figures.modes import draw_importance, draw_mode_space, draw_weights
from spikemodes.analysis.figures.theme import Epoch
from spikemodes.analysis.firing import neuron_rates
from spikemodes.analysis.importance import fit_power_law, mode_importance
from spikemodes.models.conditions.circuit import Circuit
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.storage import AnyNetwork
from spikemodes.models.recording import Recording

from ..config.nested_keys import flat
from ..config.spec import Spec
from ..display.page import Figure, Report, Section, Table, Tile, write_report
from ..display.progress import Display
from ..pipeline.analyse import Findings
from ..pipeline.cautions import as_paragraphs, no_better_than_chance
from ..pipeline.circumstances import Circumstances, described
from ..pipeline.directory import Metrics, RunDirectory
from ..pipeline.membrane import membrane_figure
from ..pipeline.streams import validation_trials
from ..pipeline.summary import Brian2Performance, Performance, Summary
from ..stress.cells import read_cells
from ..tasks.registry import listed
from .behaviour import behaviour
from .plausibility import plausibility_section
from .stress import retraining_section, stress_section
from .summary_table import compared, label, measures, percent

_MOST_NAMED = 100  # channels and classes
_SHARES = ("chance", "balanced_accuracy")


def report(
    run: RunDirectory,
    spec: Spec,
    network: AnyNetwork,
    recording: Recording,
    findings: Findings,
    display: Display,
) -> None:
    """Write the report of a run and its figures."""
    whole = compose(run, spec, network, recording, findings)
    with display.stages() as begin:
        begin("report: drawing figures")
        write_report(whole, run.report, run.figures)


def compose(
    run: RunDirectory, spec: Spec, network: AnyNetwork, recording: Recording, findings: Findings
) -> Report:
    """Put the report of a run together; nothing is drawn yet."""
    task, trials, summary = spec.build_task(), validation_trials(spec), run.read_summary()
    conditions = described(spec.resolved()["train"]["conditions"])
    circuit = Circumstances.of(spec).circuit(network) if isinstance(network, Network) else None
    epochs = [
        Epoch(name, steps.start * float(task.dt), steps.stop * float(task.dt))
        for name, steps in task.epochs.items()
    ]
    sections = [
        *_data(summary),
        _agreement(summary, conditions),
        _training(summary, Metrics(run.metrics).read()),
        behaviour(task, trials, recording.outputs, findings.psychometric, epochs),
    ]
    if circuit is not None:
        sections.append(_activity(circuit, recording, findings, epochs))
    if isinstance(network.recurrence, Modes):
        sections.append(_modes(network.recurrence, findings, circuit))
    if circuit is not None:
        assert summary.energy is not None  # the run is analysed
        sections.append(
            plausibility_section(findings.spiking, findings.weights, summary.energy, conditions)
        )
    if summary.retraining is not None:
        sections.append(retraining_section(summary.retraining))
    if run.stress.exists():
        sections.append(stress_section(read_cells(run.stress), summary.stress, conditions))
    sections.append(_configuration(spec))
    return Report(
        title=f"{task.name}: {network.n_neurons} neurons, seed {spec.seed}",
        subtitle=(
            f"{task.description} Task after {task.source}."
            + f" The network runs under the conditions it learned under: {conditions}."
            * bool(conditions)
        ),
        sections=tuple(sections),
        tiles=_tiles(summary),
    )


def _tiles(summary: Summary) -> tuple[Tile, ...]:
    brian2, fine, undisturbed = summary.brian2, summary.fine, summary.undisturbed
    assert brian2 is not None  # the run is validated
    first, *others = measures(summary)
    name = label(first).capitalize() if first.islower() else label(first)

    def tile(where: str, found: Performance, note: str) -> Tile:
        return Tile(f"{name} {where}", _number(first, found.all_measures[first]), note)

    there = brian2.performance
    also = "".join(f", {label(key)} {_number(key, there.all_measures[key])}" for key in others)
    tiles = [tile("in Brian2", there, f"{there.trials:,} unseen trials{also}")]
    if undisturbed:
        tiles.append(tile("undisturbed", undisturbed, "the same network without the conditions"))
    tiles += _agreement_tiles(brian2)
    if fine:
        note = "the same weights as differential equations"
        tiles.append(tile(f"at {fine.dt_ms:g} ms", fine.performance, note))
    return tuple(tiles)


def _agreement_tiles(brian2: Brian2Performance) -> list[Tile]:
    rate = brian2.performance.rate_hz
    if rate is None:
        difference = f"{brian2.max_output_difference:.0e}"
        return [Tile("Output difference", difference, "largest between twin and Brian2")]
    match = Tile(
        "Spike match",
        percent(brian2.spike_match),
        f"not applicable: {brian2.not_compared}"
        if brian2.spike_match is None
        else f"{brian2.identical_trials:,} of {brian2.performance.trials:,} trials identical",
    )
    return [match, Tile("Firing rate", f"{rate:.1f} Hz", "mean over neurons and trials")]


def _data(summary: Summary) -> list[Section]:
    """Say what the network is shown and asked, where the user's data have names for it."""
    texts = (
        ("The input channels are", summary.channels),
        ("The classes are", summary.classes),
    )
    found = [f"{text} {listed(names, _MOST_NAMED)}." for text, names in texts if names]
    return [Section(title="Data", text="\n\n".join(found))] if found else []


def _number(measure: str, value: float | None) -> str:
    if value is None:
        return "–"
    is_share = measure.startswith("accuracy") or measure in _SHARES
    return f"{100 * value:.1f} %" if is_share else f"{value:.4f}"


def _agreement(summary: Summary, conditions: str) -> Section:
    brian2, columns = summary.brian2, compared(summary)
    assert brian2 is not None  # the run is validated
    under = f" under the conditions that the network learned under ({conditions})" * bool(
        conditions
    )
    paragraphs = [
        "The PyTorch twin, in which the weights were learned, and Brian2's generated code ran the"
        f" same {brian2.performance.trials:,} unseen trials{under}. {_comparison(brian2)}",
        "The network did not run at a finer time step, as it has no continuous form:"
        f" {summary.left_out['fine']}."
        if summary.left_out
        else "The third column is the continuous form of the network: the same weights in"
        " differential equations, gain-matched, at a finer time step.",
    ]
    if conditions:
        paragraphs.append("The last column is the same network without the conditions.")
    paragraphs[-1] += as_paragraphs(no_better_than_chance(brian2.performance.measures))
    rows = [
        (label(key), *(part.all_measures.get(key) for part in columns.values()))
        for key in measures(summary)
    ]
    rows.append(("firing rate [Hz]", *(part.rate_hz for part in columns.values())))
    return Section(
        title="Twin and Brian2",
        text="\n\n".join(paragraphs),
        table=Table(
            caption=f"The same trials in the twin and in Brian2 ({brian2.target}).",
            columns=("", *columns),
            rows=tuple(tuple(math.nan if x is None else x for x in row) for row in rows),
        ),
    )


def _comparison(brian2: Brian2Performance) -> str:
    """Say how far both halves agree, or why that cannot be told."""
    divergence = brian2.first_divergence
    if brian2.not_compared is not None:
        return f"They are not compared spike for spike, because {brian2.not_compared}."
    if brian2.spike_match is None:
        found = "Rate neurons have no spikes to compare."
    elif divergence is None:
        found = "Every spike of every trial is the same in both."
    else:
        found = (
            f"The first spike that differs is that of neuron {divergence['neuron']} in trial"
            f" {divergence['trial']} at step {divergence['step']}."
        )
    found += f" The outputs differ by {brian2.max_output_difference:.1e} at most."
    if own := brian2.own_equations:
        found += (
            " The neuron's equations, run by Brian2 as they are written and given the same input,"
            f" have every spike in common with the twin in {own['identical_trials']} of"
            f" {own['trials']} trials."
        )
    return found


def _training(summary: Summary, metrics: list[dict[str, Any]]) -> Section:
    training, network = summary.training, summary.network
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
                "training",
                f"Loss{' and accuracy' * graded} on the batch of each update.",
                curve,
            ),
        ),
    )


def _activity(
    circuit: Circuit, recording: Recording, findings: Findings, epochs: list[Epoch]
) -> Section:
    shape = {"n_neurons": recording.n_neurons, "n_steps": recording.n_steps}
    dt = float(recording.dt)
    rates = neuron_rates(recording.spikes, **shape, n_trials=recording.n_trials, dt=dt)
    raster = partial(
        draw_raster,
        spikes=recording.spikes,
        trial=0,
        **shape,
        dt=dt,
        epochs=epochs,
        order=np.argsort(rates),
    )
    figures = [
        Figure(
            "raster",
            "Spikes of the first trial, neurons sorted by rate, and the population rate.",
            raster,
        )
    ]
    silent = int((rates == 0).sum())
    text = (
        f"Neurons fire at {np.median(rates):.1f} Hz in the median, at {rates.max():.1f} Hz at"
        f" most; {silent} of {len(rates)} never do in these trials."
    )
    neuron, program = circuit.network.neuron, circuit.neuron_program
    if findings.states:
        seen = findings.states, findings.traces
        figures.append(membrane_figure(neuron, program, *seen, dt, epochs))
    elif not program.watched:
        text += (
            f" No variable of the neuron decides on its spikes ({neuron.threshold}): there are no"
            " membrane traces."
        )
    return Section(title="Activity", text=text, figures=tuple(figures))


def _modes(modes: Modes, findings: Findings, circuit: Circuit | None) -> Section:
    fit = fit_power_law(mode_importance(modes.xi_in, modes.scores, modes.xi_out))
    importance = partial(draw_importance, fit=fit)
    disturbed = circuit is not None and circuit.transmission is not None
    other = " The conditions let other weights act; W is what was learned." * disturbed
    weights = partial(draw_weights, xi_in=modes.xi_in, scores=modes.scores, xi_out=modes.xi_out)
    return Section(
        title="Modes",
        text=(
            "W = xi_in Σ xi_outᵀ: activity enters a mode through xi_out and acts back through"
            f" xi_in. {fit.verdict}{other}"
        ),
        figures=(
            Figure(
                "mode-space",
                "Mean trajectory of each condition in the space of the modes.",
                partial(draw_mode_space, kappa_out=findings.kappa_out, kappa_in=findings.kappa_in),
            ),
            Figure("importance", "Importance τ of the modes by rank.", importance),
            Figure("weights", "The recurrent weights between the modes that make them.", weights),
        ),
    )


def _configuration(spec: Spec) -> Section:
    rows = tuple((key, str(value)) for key, value in flat(spec.resolved()).items())
    return Section(
        title="Configuration",
        text="Everything that decides this run; `config.yaml` holds the same and repeats it.",
        table=Table(caption="", columns=("key", "value"), rows=rows),
    )
