"""The first steps of a run: train a network, validate it in Brian2."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
from spikemodes.learning.task import Task, unseen
from spikemodes.learning.training.loop import Update
from spikemodes.learning.training.watch import TrainingWatch
from spikemodes.learning.validation import validate as validate_network
from spikemodes.learning.validation import validate_rates
from spikemodes.models.brian.rate_simulation import simulate_rates
from spikemodes.models.brian.simulation import compile_simulation, simulate
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.networks.storage import (
    AnyNetwork,
    load_network,
    load_spiking_network,
    save_network,
)
from spikemodes.models.neurons.lif import NoContinuousFormError
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from .. import gradient_training
from ..config.spec import Spec
from ..display.progress import Display
from ..method import Session
from ..tasks.registry import data_names, listed
from .cautions import caution_of, no_better_than_chance, warn, watch_of
from .circumstances import Circumstances
from .directory import Metrics, RunDirectory

PURPOSES = ("initial", "training", "validation", "psychometric", "stress", "retraining")
STAGES = {
    "twin": "twin: simulating in float64",
    "compile": "Brian2: compiling",
    "simulate": "Brian2: simulating",
}


def stream(seed: int, purpose: str) -> np.random.SeedSequence:
    """Make the seed of one of `PURPOSES`; streams of different purposes are independent."""
    return np.random.SeedSequence(seed, spawn_key=(PURPOSES.index(purpose),))


def validation_trials(spec: Spec) -> Trials:
    """Draw the trials, unseen in training, on which twin and Brian2 are compared."""
    rng = np.random.default_rng(stream(spec.seed, "validation"))
    return unseen(spec.build_task(), spec.simulate.trials, rng)


def train(run: RunDirectory, spec: Spec, display: Display, *, resume: bool = False) -> AnyNetwork:
    """Train a network and write it, its metrics and checkpoints.

    With `resume`, go on from the checkpoint, or take the network if training had ended.
    """
    if resume and run.network.exists():
        return load_network(run.network)
    task, keys, metrics = spec.build_task(), spec.train, Metrics(run.metrics)
    names = data_names(spec.task.build())
    for kind, known in names.items():
        display.say(f"{kind}: {listed(known)}")
    warnings = caution_of(task)
    warn(display, warnings)
    watch = watch_of(spec)
    for row in metrics.read() if resume else ():  # those that are done again replace these
        watch.see(Update(**row))
    with display.training(keys.updates) as show:

        def on_update(update: Update) -> None:
            metrics.append(asdict(update))
            show(update)
            warn(display, watch.see(update))

        session = Session(
            initial=stream(spec.seed, "initial"),
            trials=stream(spec.seed, "training"),
            on_update=on_update,
            on_compile=lambda what: display.say(f"compiling {what}"),
            checkpoint=run.checkpoint,
            resume=resume,
        )
        result = keys.build_method().train(task, spec, session)
    network = result.network
    warnings += watch.warnings
    if keys.conditions:
        assert isinstance(network, Network)  # the specification refuses conditions of others
        watch = watch_of(spec, from_start=False)
        network = retrain(run, spec, network, watch, display, resume=resume)
        warnings += watch.warnings
    run.update_summary(
        task=task.name,
        seed=spec.seed,
        **names,
        network={
            "neurons": network.n_neurons,
            "modes": W.n_modes if isinstance(W := network.recurrence, Modes) else None,
            "inputs": network.n_inputs,
            "outputs": network.n_outputs,
            "trainable_parameters": result.trainable_parameters,
        },
        training={
            "method": result.method,
            "steps": result.updates,
            "seconds": result.seconds,
            "peak_memory_mb": result.peak_memory_mb,
            # from the file: a process that resumes after the last update has seen no loss
            "final_loss": metrics.read()[-1]["loss"],
            **result.found,
            "warnings": warnings,
        },
        versions={name: version(name) for name in ("spikemodes", "brian2", "torch")},
    )
    save_network(network, run.network)  # last: where it exists, training has ended
    return network


def validate(run: RunDirectory, spec: Spec, network: AnyNetwork, display: Display) -> Recording:
    """Run unseen trials through the twin and Brian2, at the learning step and at a finer one.

    All of them run under the conditions of the configuration; the undisturbed network runs beside.
    What does not apply to a network is left out, and said.
    """
    if isinstance(network, RateNetwork):
        return _validate_rates(run, spec, network, display)
    task, trials, keys = spec.build_task(), validation_trials(spec), spec.simulate
    with display.stages() as begin:
        found = validate_network(
            network,
            trials,
            **Circumstances.of(spec).options,
            target=keys.target,
            batch=keys.batch,
            on_stage=lambda stage: begin(STAGES[stage]),
        )
        recording = found.brian2.at_step(trials.dt)
        fine = _at_finer_step(spec, network, task, trials, begin)
    divergence, own = found.first_divergence, found.own_equations
    performance = _performance(task, recording, trials)
    run.update_summary(
        twin=_performance(task, found.twin.at_step(trials.dt), trials),
        brian2={
            "target": found.target,
            "recurrence": found.recurrence,
            **performance,
            "spike_match": found.spike_match,
            "identical_trials": found.identical_trials,
            "first_divergence": None if divergence is None else asdict(divergence),
            "max_output_difference": found.max_output_difference,
            "own_equations": None if own is None else asdict(own),
            "compile_seconds": found.compile_seconds,
            "simulate_seconds": found.simulate_seconds,
            "push_seconds": found.push_seconds,
            **({"not_compared": found.not_compared} if found.not_compared else {}),
        },
        **fine,
    )
    if spec.train.conditions:
        _compare_retrained(run, spec, network, performance, display)
    recording.save(run.recording)  # last: where it exists, the summary has its numbers
    warn(display, no_better_than_chance(performance))
    if found.not_compared:
        display.say(f"twin and Brian2 are not compared spike for spike: {found.not_compared}")
    if "left_out" in fine:
        display.say(f"Brian2 at a finer step is left out: {fine['left_out']['fine']}")
    if own is not None and own.identical_trials < own.trials:
        display.say(
            "warning: the neuron's equations, run by Brian2 as they are written, spike otherwise in"
            f" {own.trials - own.identical_trials} of {own.trials} trials: the twin runs another"
            " model, or one that is at the edge of rounding"
        )
    if divergence is not None:
        display.say(
            f"twin and Brian2 disagree, first at step {divergence.step} in trial"
            f" {divergence.trial}, neuron {divergence.neuron}: see first_divergence in"
            f" {run.summary}"
        )
    return recording


def _at_finer_step(
    spec: Spec, network: Network, task: Task, trials: Trials, begin: Callable[[str], None]
) -> dict[str, Any]:
    """Run the continuous form; gives parts of the summary, with the reason if there is none."""
    keys = spec.simulate
    at = f"continuous form at {1e3 * float(keys.fine_dt):g} ms"
    circumstances = Circumstances.of(spec).continuous(keys.fine_dt)
    try:
        simulation = compile_simulation(
            network,
            trials,
            **circumstances.options,
            target=keys.target,
            batch=keys.batch,
            on_compile=lambda: begin(f"{STAGES['compile']} the {at}"),
        )
    except NoContinuousFormError as error:
        return {"fine": None, "left_out": {"fine": error.reason}}
    begin(f"{STAGES['simulate']} the {at}")
    recording = simulation.run(network, trials, **circumstances.options).at_step(trials.dt)
    return {"fine": {"dt_ms": 1e3 * float(keys.fine_dt), **_performance(task, recording, trials)}}


def retrain(
    run: RunDirectory,
    spec: Spec,
    network: Network,
    watch: TrainingWatch,
    display: Display,
    *,
    resume: bool = False,
) -> Network:
    """Let a trained network learn on under the conditions, by BPTT, keeping the one before."""
    save_network(network, run.before)
    with display.training(spec.train.retrain_updates) as show:

        def on_update(update: Update) -> None:
            show(update)
            warn(display, watch.see(update))

        session = Session(
            initial=stream(spec.seed, "initial"),
            trials=stream(spec.seed, "retraining"),
            on_update=on_update,
            on_compile=lambda what: display.say(f"compiling {what}"),
            checkpoint=run.checkpoint / "conditions",
            resume=resume,
        )
        return gradient_training.retrain(spec.build_task(), spec, network, session).network


def _compare_retrained(
    run: RunDirectory, spec: Spec, network: Network, now: Mapping[str, Any], display: Display
) -> None:
    """Set the network, with its performance `now`, beside the one before it learned on.

    Both run in Brian2 under the conditions and without them.
    """
    task, trials, there = spec.build_task(), validation_trials(spec), Circumstances.of(spec)
    before = load_spiking_network(run.before)

    def performance(one: Network, **options: Any) -> dict[str, Any]:
        recording = simulate(
            one, trials, **options, target=spec.simulate.target, batch=spec.simulate.batch
        )
        return _performance(task, recording.at_step(trials.dt), trials)

    with display.stages() as begin:
        begin("Brian2: before and after learning under the conditions")
        undisturbed = performance(network)
        found = {
            "before": {
                "undisturbed": performance(before),
                "under_conditions": performance(before, **there.options),
            },
            "after": {"undisturbed": undisturbed, "under_conditions": dict(now)},
        }
    names = [condition.model_dump() for condition in spec.train.conditions]
    run.update_summary(undisturbed=undisturbed, retraining={"conditions": names, **found})


def _validate_rates(
    run: RunDirectory, spec: Spec, network: RateNetwork, display: Display
) -> Recording:
    task, trials, keys = spec.build_task(), validation_trials(spec), spec.simulate
    with display.stages() as begin:
        found = validate_rates(
            network, trials, batch=keys.batch, on_stage=lambda stage: begin(STAGES[stage])
        )
        begin(f"{STAGES['simulate']} at {1e3 * float(keys.fine_dt):g} ms")
        fine = simulate_rates(network, trials, dt=keys.fine_dt, batch=keys.batch).at_step(trials.dt)
    silent = {"rate_hz": None}
    run.update_summary(
        twin=_performance(task, found.twin, trials) | silent,
        brian2={
            "target": "numpy",
            "recurrence": "modes" if isinstance(network.recurrence, Modes) else "dense",
            **_performance(task, found.brian2, trials),
            **silent,
            "spike_match": None,
            "identical_trials": None,
            "first_divergence": None,
            "max_output_difference": found.max_output_difference,
            "own_equations": None,
            "compile_seconds": None,
            "simulate_seconds": found.simulate_seconds,
            "push_seconds": None,
        },
        fine={"dt_ms": 1e3 * float(keys.fine_dt), **_performance(task, fine, trials), **silent},
    )
    found.brian2.save(run.recording)
    warn(display, no_better_than_chance(run.read_summary()["brian2"]))
    return found.brian2


def _performance(task: Task, recording: Recording, trials: Trials) -> dict[str, Any]:
    return {
        "trials": recording.n_trials,
        **task.score(recording.outputs, trials).measures,
        "rate_hz": recording.rate_hz,
    }
