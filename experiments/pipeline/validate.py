"""The second step of a run: unseen trials in the twin and in Brian2."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from spikemodes.learning.task import Task
from spikemodes.learning.validation import validate as validate_network, validate_rates
from spikemodes.models.brian.rate_simulation import simulate_rates
from spikemodes.models.brian.simulation import compile_simulation, simulate
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.networks.storage import AnyNetwork, load_spiking_network
from spikemodes.models.neurons.lif import NoContinuousFormError
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..config.spec import Spec
from ..display.progress import Display
from ..tasks.endless import EndlessPattern
from .cautions import uninformative, warn
from .circumstances import Circumstances
from .controls import controls, not_beaten
from .directory import RunDirectory
from .generation import generation
from .performance import Performance
from .streams import validation_trials
from .summary import BothWays, Brian2Performance, FinePerformance, Retraining

STAGES = {
    "twin": "twin: simulating in float64",
    "compile": "Brian2: compiling",
    "simulate": "Brian2: simulating",
}


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
        fine, left_out = _at_finer_step(spec, network, task, trials, begin)
    divergence, own = found.first_divergence, found.own_equations
    performance = _performance(task, recording, trials)
    run.update_summary(
        twin=_performance(task, found.twin.at_step(trials.dt), trials),
        brian2=Brian2Performance(
            target=found.target,
            recurrence=found.recurrence,
            performance=performance,
            spike_match=found.spike_match,
            identical_trials=found.identical_trials,
            first_divergence=None if divergence is None else asdict(divergence),
            max_output_difference=found.max_output_difference,
            own_equations=None if own is None else asdict(own),
            compile_seconds=found.compile_seconds,
            simulate_seconds=found.simulate_seconds,
            push_seconds=found.push_seconds,
            not_compared=found.not_compared or None,
            silenced=found.silenced or None,
        ),
        fine=fine,
        left_out=left_out or None,
    )
    _compare_controls(run, spec, network, performance, recording, trials, display)
    if spec.train.conditions:
        _compare_retrained(run, spec, network, performance, display)
    _measure_generation(run, task, recording)
    recording.save(run.recording)  # last: where it exists, the summary has its numbers
    if found.not_compared:
        display.say(f"twin and Brian2 are not compared spike for spike: {found.not_compared}")
    if left_out:
        display.say(f"Brian2 at a finer step is left out: {left_out['fine']}")
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
) -> tuple[FinePerformance | None, dict[str, str]]:
    """Run the continuous form; gives what was left out, and why, if there is none."""
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
        return None, {"fine": error.reason}
    begin(f"{STAGES['simulate']} the {at}")
    recording = simulation.run_plan(simulation.plan).at_step(trials.dt)
    return FinePerformance(1e3 * float(keys.fine_dt), _performance(task, recording, trials)), {}


def _compare_controls(
    run: RunDirectory,
    spec: Spec,
    network: AnyNetwork,
    reached: Performance,
    recording: Recording,
    trials: Trials,
    display: Display,
) -> None:
    """Set the performance beside that of controls, and say which of them it does not beat."""
    with display.stages() as begin:
        begin("Brian2: controls")
        found = controls(spec, network, recording, trials)
    run.update_summary(controls=found)
    warn(display, uninformative(reached.measures))
    warn(display, not_beaten(reached.performance, found))


def _measure_generation(run: RunDirectory, task: Task, recording: Recording) -> None:
    """Measure what a network that was trained on end generates on its own."""
    if isinstance(task, EndlessPattern):
        run.update_summary(generation=generation(task, recording.outputs))


def _compare_retrained(
    run: RunDirectory, spec: Spec, network: Network, now: Performance, display: Display
) -> None:
    """Set the network, with its performance `now`, beside the one before it learned on.

    Both run in Brian2 under the conditions and without them.
    """
    task, trials, there = spec.build_task(), validation_trials(spec), Circumstances.of(spec)
    before = load_spiking_network(run.before)

    def performance(one: Network, **options: Any) -> Performance:
        recording = simulate(
            one, trials, **options, target=spec.simulate.target, batch=spec.simulate.batch
        )
        return _performance(task, recording.at_step(trials.dt), trials)

    with display.stages() as begin:
        begin("Brian2: before and after learning under the conditions")
        first = BothWays(performance(before), performance(before, **there.options))
        last = BothWays(performance(network), now)
    names = tuple(condition.model_dump() for condition in spec.train.conditions)
    run.update_summary(
        undisturbed=last.undisturbed, retraining=Retraining(names, before=first, after=last)
    )


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

    def performance(recording: Recording) -> Performance:
        return replace(_performance(task, recording, trials), rate_hz=None)

    brian2 = performance(found.brian2)
    run.update_summary(
        twin=performance(found.twin),
        brian2=Brian2Performance(
            target="numpy",
            recurrence="modes" if isinstance(network.recurrence, Modes) else "dense",
            performance=brian2,
            spike_match=None,
            identical_trials=None,
            first_divergence=None,
            max_output_difference=found.max_output_difference,
            own_equations=None,
            compile_seconds=None,
            simulate_seconds=found.simulate_seconds,
            push_seconds=None,
        ),
        fine=FinePerformance(1e3 * float(keys.fine_dt), performance(fine)),
    )
    _compare_controls(run, spec, network, brian2, found.brian2, trials, display)
    _measure_generation(run, task, found.brian2)
    found.brian2.save(run.recording)
    return found.brian2


def _performance(task: Task, recording: Recording, trials: Trials) -> Performance:
    score = task.score(recording.outputs, trials)
    return Performance.of(score, recording.n_trials, recording.rate_hz)
