"""The spike match: the same trials through the twin in float64 and through Brian2."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from spikemodes.models.brian.own_equations import spikes_of_equations
from spikemodes.models.brian.plan import Plan
from spikemodes.models.brian.rate_simulation import simulate_rates
from spikemodes.models.brian.simulation import compile_plan
from spikemodes.models.brian.wiring import faster_wiring
from spikemodes.models.conditions.circuit import Circuit
from spikemodes.models.conditions.condition import (
    Condition,
    disturbed,
    realise,
    require_trainable,
)
from spikemodes.models.conditions.noise import silenced
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.recording import Recording, joined
from spikemodes.models.trials import Trials, in_batches

from .step.reference import ReferenceBackend
from .twin.rate_twin import RateTwin
from .twin.twin import Twin

_OWN_TRIALS = 3


@dataclass(frozen=True)
class Divergence:
    """The first cell (trial, neuron, step) in which only one side spikes.

    `twin` and `brian2` are the variables of the threshold side at that step, before the reset, in
    SI units, by name.
    """

    trial: int
    neuron: int
    step: int
    time_ms: float
    twin: dict[str, float]
    brian2: dict[str, float]


@dataclass(frozen=True, eq=False)
class SpikeMatch:
    """How far two recordings of the same trials agree.

    Parameters
    ----------
    spike_match
        Fraction of (trial, neuron, step) cells that agree.
    identical_trials
        Trials in which every spike agrees.
    first_difference
        (step, trial, neuron) of the earliest cell that does not, or ``None``.
    max_output_difference
        Largest absolute difference of the outputs.
    """

    spike_match: float
    identical_trials: int
    first_difference: tuple[int, int, int] | None
    max_output_difference: float


@dataclass(frozen=True)
class OwnEquations:
    """How far the neuron's own equations, run by Brian2 without the step program, agree.

    Each neuron got what it gets in the twin; see `spikes_of_equations`.

    Parameters
    ----------
    trials, identical_trials
        Trials run, and those in which every spike is the twin's.
    spikes
        Spikes in them.
    """

    trials: int
    identical_trials: int
    spikes: int


@dataclass(frozen=True, eq=False)
class Validation:
    """A network's trials in the twin and in Brian2, and how far they agree.

    Parameters
    ----------
    twin, brian2
        Both recordings.
    target
        Brian2's code generation target.
    recurrence
        How the recurrence ran: through ``modes``, or as ``dense`` synapses where that is faster.
    spike_match, identical_trials, max_output_difference
        See `SpikeMatch`; ``None`` where `not_compared`.
    first_divergence
        The first spike that differs, with both states; ``None`` if all agree.
    own_equations
        The neuron's own equations beside the twin, on a few of the trials.
    not_compared
        What draws random numbers while it runs, in each half its own, so that spikes cannot be
        compared one by one; ``""`` if nothing does.
    silenced
        What draws random numbers where spikes were compared one by one without them, in runs of
        their own with noise of size 0; ``""`` if nothing does.
    compile_seconds, compiled
        Time for code generation and compilation [s], and whether the compiler had to run.
    simulate_seconds
        Time of the run [s].
    push_seconds
        Time to push other modes into the compiled program and run it again [s].
    """

    twin: Recording
    brian2: Recording
    target: str
    recurrence: str
    spike_match: float | None
    identical_trials: int | None
    max_output_difference: float | None
    first_divergence: Divergence | None
    own_equations: OwnEquations | None
    not_compared: str
    silenced: str
    compile_seconds: float
    compiled: bool
    simulate_seconds: float
    push_seconds: float


def validate(
    network: Network,
    trials: Trials,
    *,
    conditions: Sequence[Condition] = (),
    seed: int = 0,
    target: str = "cpp_standalone",
    batch: int | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Validation:
    """Run `trials` through the twin and through Brian2, and compare every spike.

    Where a condition draws random numbers while it runs, both halves run, but no spikes are
    compared. Where it is the noise of the membrane, they are compared at a noise of size 0.

    Parameters
    ----------
    network
        Modes or dense weights, of any neuron that spikes.
    trials
        B trials of T steps at the step of the network.
    conditions
        Of a more biological circuit, under which both halves run.
    seed
        Of what conditions and neurons draw.
    target
        Brian2's code generation: ``cpp_standalone``, ``cython`` or ``numpy``.
    batch
        How many trials run at once, all by default; fewer take less memory.
    on_stage
        Told what goes on: ``twin``, ``compile`` (only if the compiler runs), ``simulate``.

    Returns
    -------
    Both recordings, the share `spike_match` of (trial, neuron, step) cells that agree, the number
    of `identical_trials`, the first divergence if there is one, and what building and running took.

    Raises
    ------
    ValueError
        If trials do not fit the network, or conditions do not fit its neuron or the twin.
    RuntimeError
        If generated code cannot be compiled or its program fails.

    Examples
    --------
    >>> match = validate(network, task.sample(20, rng))
    >>> match.identical_trials, match.brian2.rate_hz
    """
    require_trainable(conditions)
    circuit = realise(network, conditions, trials.dt, seed)
    noise = what_draws(circuit)
    tell = on_stage or (lambda stage: None)
    tell("twin")
    recorder = Twin(network, circuit=circuit, dtype=torch.float64, backend=ReferenceBackend)
    shown = disturbed(trials, conditions, seed)
    with torch.random.fork_rng(devices=[]):  # what the twin draws repeats with the seed
        torch.manual_seed(seed)
        twin = _twin_recording(recorder, shown, batch)
    plan = Plan(circuit, shown, faster_wiring(twin.rate_hz), seed)
    simulation = compile_plan(plan, target, batch, on_compile=lambda: tell("compile"))
    tell("simulate")
    started = time.perf_counter()
    brian2 = simulation.run_plan(plan)
    simulated = time.perf_counter()
    weaker = circuit.network.with_recurrence(0.5 * circuit.network.recurrence)
    simulation.run_plan(plan.with_network(weaker))
    pushed = time.perf_counter()
    still = _without_noise(circuit) if noise else circuit
    match = None
    if still is not None:
        pair = twin, brian2
        if noise:
            recorder = Twin(network, circuit=still, dtype=torch.float64, backend=ReferenceBackend)
            plan = replace(plan, circuit=still)
            pair = _twin_recording(recorder, shown, batch), simulation.run_plan(plan)
        match = compare(*pair)
    return Validation(
        twin=twin,
        brian2=brian2,
        target=simulation.target,
        recurrence=plan.wire(network).name,
        spike_match=match and match.spike_match,
        identical_trials=match and match.identical_trials,
        max_output_difference=match and match.max_output_difference,
        first_divergence=match and _divergence(plan, recorder, match, simulation.target),
        own_equations=_own_equations(recorder, circuit.network.neuron, shown),
        not_compared="" if match else noise,
        silenced=noise if match else "",
        compile_seconds=simulation.compile_seconds,
        compiled=simulation.compiled,
        simulate_seconds=simulated - started,
        push_seconds=pushed - simulated,
    )


def _own_equations(twin: Twin, neuron: NeuronModel, trials: Trials) -> OwnEquations | None:
    if twin.model.neuron.is_random:
        return None
    few = trials.subset(slice(0, _OWN_TRIALS))
    recording = twin.record(few, neuron.inputs)
    spikes = spikes_of_equations(neuron, recording.states, twin.dt)
    _, trials_apart, _ = _differing(spikes, recording.spikes, recording)
    return OwnEquations(few.n_trials, few.n_trials - len(set(trials_apart)), len(spikes))


def _without_noise(circuit: Circuit) -> Circuit | None:
    """The circuit with its membrane noise at size 0; ``None`` if something else draws, too."""
    network = circuit.network
    still = replace(circuit, network=replace(network, neuron=silenced(network.neuron)))
    drawn = sum(text.count("rand") for text in _texts(circuit.network.neuron))
    only_noise = drawn == 1 and still.network.neuron != circuit.network.neuron
    return still if only_noise and not what_fails(circuit) else None


def _texts(neuron: NeuronModel) -> tuple[str, ...]:
    return neuron.update, neuron.equations, neuron.reset, neuron.threshold


def what_fails(circuit: Circuit) -> bool:
    """Whether synapses fail at random."""
    transmissions = map(circuit.transmission_of, circuit.network.pathways)
    return any(t is not None and t.release < 1 for t in transmissions)


def what_draws(circuit: Circuit) -> str:
    """Name what draws random numbers while a circuit runs, in a clause; ``""`` if nothing does."""
    causes = []
    if what_fails(circuit):
        causes.append("its synapses fail at random")
    if circuit.neuron_program.is_random:
        causes.append("its neurons draw noise")
    return " and ".join(causes)


@dataclass(frozen=True, eq=False)
class RateValidation:
    """A rate network's trials in the twin and in Brian2; there are no spikes to compare."""

    twin: Recording
    brian2: Recording
    max_output_difference: float
    simulate_seconds: float


def validate_rates(
    network: RateNetwork,
    trials: Trials,
    *,
    batch: int | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> RateValidation:
    """Run `trials` through both halves and compare the outputs; parameters as for `validate`."""
    tell = on_stage or (lambda stage: None)
    tell("twin")
    twin = _twin_recording(RateTwin(network, dtype=torch.float64), trials, batch)
    tell("simulate")
    started = time.perf_counter()
    brian2 = simulate_rates(network, trials, batch=batch)
    return RateValidation(
        twin=twin,
        brian2=brian2,
        max_output_difference=float(np.abs(twin.outputs - brian2.outputs).max()),
        simulate_seconds=time.perf_counter() - started,
    )


def _twin_recording(twin: Twin | RateTwin, trials: Trials, batch: int | None) -> Recording:
    # a batch larger than there are trials would be filled up with trials that nobody looks at
    parts = in_batches(trials, min(batch or trials.n_trials, trials.n_trials))
    return joined([twin.record(part) for part in parts], trials.n_trials)


def compare(first: Recording, second: Recording) -> SpikeMatch:
    """Compare two recordings of the same trials, cell by cell."""
    shape = (first.n_steps, first.n_trials, first.n_neurons)
    if shape != (second.n_steps, second.n_trials, second.n_neurons):
        raise ValueError(f"Both recordings must be of the same trials: one has shape {shape}.")
    steps, trials, neurons = _differing(first.spikes, second.spikes, first)
    return SpikeMatch(
        spike_match=1.0 - len(steps) / np.prod(shape, dtype=float),
        identical_trials=first.n_trials - len(np.unique(trials)),
        first_difference=(int(steps[0]), int(trials[0]), int(neurons[0])) if len(steps) else None,
        max_output_difference=float(np.abs(first.outputs - second.outputs).max()),
    )


def _differing(
    first: np.ndarray, second: np.ndarray, recording: Recording
) -> tuple[np.ndarray, ...]:
    """Steps, trials and neurons of the spikes that only one side has, in order."""
    shape = (recording.n_steps, recording.n_trials, recording.n_neurons)
    cells = [np.ravel_multi_index(tuple(spikes.T), shape) for spikes in (first, second)]
    return np.unravel_index(np.setxor1d(*cells, assume_unique=True), shape)


def _divergence(plan: Plan, twin: Twin, match: SpikeMatch, target: str) -> Divergence | None:
    """Look up both states at the first difference; runs that trial alone again."""
    if match.first_difference is None:
        return None
    step, trial, neuron = match.first_difference
    alone = replace(plan, trials=plan.trials.subset(slice(trial, trial + 1)), wire=faster_wiring())
    names = twin.model.neuron.variables
    simulation = compile_plan(alone, target, record_states=names, record_neurons=(neuron,))
    ours, theirs = twin.record(alone.trials, names), simulation.run_plan(alone)
    return Divergence(
        trial=trial,
        neuron=neuron,
        step=step,
        time_ms=step * float(twin.dt) * 1e3,
        twin={name: float(ours.states[name][step, 0, neuron]) for name in names},
        brian2={name: float(theirs.states[name][step, 0, 0]) for name in names},
    )
