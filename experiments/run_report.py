"""What the report of a run shows, from its summary, metrics, network, recording and findings."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from spikemodes.analysis.figures_activity import draw_neurons, draw_raster
from spikemodes.analysis.figures_behaviour import draw_training_curve
from spikemodes.analysis.figures_modes import draw_importance, draw_mode_space, draw_weights
from spikemodes.analysis.firing import neuron_rates
from spikemodes.analysis.importance import fit_power_law, mode_importance
from spikemodes.analysis.theme import Epoch
from spikemodes.models.modes import Modes
from spikemodes.models.network import Network
from spikemodes.models.recording import Recording
from spikemodes.models.storage import AnyNetwork

from .behaviour import behaviour
from .cautions import as_paragraphs, no_better_than_chance
from .findings import Findings
from .nested_keys import flat
from .pipeline import validation_trials
from .plausibility import plausibility_section
from .progress import Display
from .report import Figure, Report, Section, Table, Tile, write_report
from .run_directory import Metrics, RunDirectory
from .spec import Spec
from .stress import read_cells
from .stress_report import retraining_section, stress_section
from .summary_table import label, measures, percent
from .tasks import listed

_MOST_NAMED = 100  # channels and classes


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
    epochs = [
        Epoch(name, steps.start * float(task.dt), steps.stop * float(task.dt))
        for name, steps in task.epochs.items()
    ]
    sections = [
        *_data(summary),
        _agreement(summary),
        _training(summary, Metrics(run.metrics).read()),
        behaviour(task, trials, recording.outputs, findings.psychometric, epochs),
    ]
    if isinstance(network, Network):
        sections.append(_activity(network, recording, findings, epochs))
    if isinstance(network.recurrence, Modes):
        sections.append(_modes(network.recurrence, findings))
    if isinstance(network, Network):
        sections.append(plausibility_section(findings.spiking, findings.weights, summary["energy"]))
    if "retraining" in summary:
        sections.append(retraining_section(summary["retraining"]))
    if run.stress.exists():
        sections.append(stress_section(read_cells(run.stress)))
    sections.append(_configuration(spec))
    return Report(
        title=f"{task.name}: {network.n_neurons} neurons, seed {spec.seed}",
        subtitle=f"{task.description} Task after {task.source}.",
        sections=tuple(sections),
        tiles=_tiles(summary),
    )


def _tiles(summary: Mapping[str, Any]) -> tuple[Tile, ...]:
    brian2, fine = summary["brian2"], summary["fine"]
    first, *others = measures(summary["twin"])
    also = "".join(f", {label(key)} {_number(key, brian2[key])}" for key in others)
    name = label(first).capitalize() if first.islower() else label(first)
    return (
        Tile(
            f"{name} in Brian2",
            _number(first, brian2[first]),
            f"{brian2['trials']:,} unseen trials{also}",
        ),
        *_agreement_tiles(brian2),
        Tile(
            f"{name} at {fine['dt_ms']:g} ms",
            _number(first, fine[first]),
            "the same weights as differential equations",
        ),
    )


def _agreement_tiles(brian2: Mapping[str, Any]) -> tuple[Tile, ...]:
    if brian2["spike_match"] is None:
        difference = f"{brian2['max_output_difference']:.0e}"
        return (Tile("Output difference", difference, "largest between twin and Brian2"),)
    return (
        Tile(
            "Spike match",
            percent(brian2["spike_match"]),
            f"{brian2['identical_trials']:,} of {brian2['trials']:,} trials identical",
        ),
        Tile("Firing rate", f"{brian2['rate_hz']:.1f} Hz", "mean over neurons and trials"),
    )


def _data(summary: Mapping[str, Any]) -> list[Section]:
    """Say what the network is shown and asked, where the user's data have names for it."""
    texts = {"channels": "The input channels are", "classes": "The classes are"}
    found = [
        f"{text} {listed(summary[kind], _MOST_NAMED)}."
        for kind, text in texts.items()
        if kind in summary
    ]
    return [Section(title="Data", text="\n\n".join(found))] if found else []


def _number(measure: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if measure.startswith("accuracy") else f"{value:.4f}"


def _agreement(summary: Mapping[str, Any]) -> Section:
    parts = twin, brian2, fine = summary["twin"], summary["brian2"], summary["fine"]
    divergence = brian2["first_divergence"]
    if brian2["spike_match"] is None:
        found = "Rate neurons have no spikes to compare."
    elif divergence is None:
        found = "Every spike of every trial is the same in both."
    else:
        found = (
            f"The first spike that differs is that of neuron {divergence['neuron']} in trial"
            f" {divergence['trial']} at step {divergence['step']}."
        )
    return Section(
        title="Twin and Brian2",
        text=(
            "The PyTorch twin, in which the weights were learned, and Brian2's generated code ran"
            f" the same {brian2['trials']:,} unseen trials. {found} The outputs differ by"
            f" {brian2['max_output_difference']:.1e} at most.\n\nThe third column is the continuous"
            " form of the network: the same weights in differential equations, gain-matched, at a"
            " finer time step." + as_paragraphs(no_better_than_chance(brian2))
        ),
        table=Table(
            caption="The same trials in the twin, in Brian2, and in Brian2 at a finer step.",
            columns=(
                "",
                "twin",
                f"Brian2 ({brian2['target']})",
                f"Brian2, {fine['dt_ms']:g} ms",
            ),
            rows=tuple(
                (name, *(math.nan if part[key] is None else part[key] for part in parts))
                for name, key in (
                    *((label(key), key) for key in measures(twin)),
                    ("firing rate [Hz]", "rate_hz"),
                )
            ),
        ),
    )


def _training(summary: Mapping[str, Any], metrics: list[dict[str, Any]]) -> Section:
    training, network = summary["training"], summary["network"]
    memory = training["peak_memory_mb"]
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
            f"{training['steps']} updates of {network['trainable_parameters']} parameters by"
            f" {training['method']} took {training['seconds']:.0f} s and {memory:.0f} MB of memory"
            f" at most; the last loss was {training['final_loss']:.4f}."
            + as_paragraphs(training.get("warnings", ()))
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
    network: Network, recording: Recording, findings: Findings, epochs: list[Epoch]
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
    traces = findings.traces
    if {"v", "I"} <= traces.keys():
        threshold = network.neuron.parameters.get("v_threshold", np.zeros(0))
        draw = partial(
            draw_neurons,
            v=traces["v"],
            current=traces["I"],
            spikes=traces["spikes"],
            neurons=traces["neurons"].tolist(),
            dt=dt,
            v_threshold=None if np.ndim(threshold) else threshold,
            epochs=epochs,
        )
        caption = "Membrane potential and synaptic current of a few neurons in the first trial."
        figures.append(Figure("neurons", caption, draw))
    silent = int((rates == 0).sum())
    return Section(
        title="Activity",
        text=(
            f"Neurons fire at {np.median(rates):.1f} Hz in the median, at {rates.max():.1f} Hz at"
            f" most; {silent} of {len(rates)} never do in these trials."
        ),
        figures=tuple(figures),
    )


def _modes(modes: Modes, findings: Findings) -> Section:
    fit = fit_power_law(mode_importance(modes.xi_in, modes.scores, modes.xi_out))
    importance = partial(draw_importance, fit=fit)
    weights = partial(draw_weights, xi_in=modes.xi_in, scores=modes.scores, xi_out=modes.xi_out)
    return Section(
        title="Modes",
        text=(
            "W = xi_in Σ xi_outᵀ: activity enters a mode through xi_out and acts back through"
            f" xi_in. {fit.verdict}"
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
