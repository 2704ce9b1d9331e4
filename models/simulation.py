"""Simulation of a network in Brian2: one compiled program per structure, new values at each run."""

import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from brian2 import Quantity, second

from .batches import in_batches, joined
from .brian_code import GroupCode
from .brian_network import WEIGHT, Structure, in_synapse_order
from .network import Network, PeakReadout
from .program import SpikingProgram, StepProgram, Value
from .quantities import whole_steps
from .recording import Recording
from .runtime import RuntimeProgram
from .standalone import StandaloneProgram
from .translation import translate, translate_neuron
from .trials import Trials
from .wiring import Wiring, faster_wiring

TARGETS = ("cpp_standalone", "cython", "numpy")


class Program(Protocol):
    """A Brian2 network of fixed structure that can be run with different values."""

    def run(self, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Simulate; gives the arrays of the monitors by ``object.variable``."""
        ...


@dataclass(frozen=True)
class Simulation:
    """A compiled Brian2 network: `run` takes any network and trials of the same structure.

    Parameters
    ----------
    structure
        What was compiled.
    wire
        How recurrent weights run: `mode_wiring` or `dense_wiring`, say.
    program
        The code that runs.
    target
        Brian2's code generation: ``cpp_standalone``, ``cython`` or ``numpy``.
    compile_seconds
        Time that code generation and compilation took [s].
    compiled
        Whether the compiler had to run; False if the build came from the cache.
    """

    structure: Structure
    wire: Callable[[Network], Wiring]
    program: Program
    target: str
    compile_seconds: float
    compiled: bool

    def run(self, network: Network, trials: Trials) -> Recording:
        """Push weights, parameters and inputs into the program and simulate.

        Any number of trials: they run in batches of as many as were compiled for. Raises
        `ValueError` if network and trials do not have the compiled structure.
        """
        size = self.structure.n_trials
        if trials.n_trials == size:
            return self._run(network, trials)
        batches = [self._run(network, batch) for batch in in_batches(trials, size)]
        return joined(batches, trials.n_trials)

    def _run(self, network: Network, trials: Trials) -> Recording:
        s = self.structure
        neuron, filter_ = _translated(network, s.dt)
        wiring = self.wire(network)
        recorded = s.record_states, s.record_neurons
        if _structure(network, trials, neuron, filter_, wiring, s.dt, *recorded) != s:
            raise ValueError(
                "`network` and `trials` must have the structure this simulation was compiled for."
                " Use simulate(network, trials), which compiles what is needed."
            )
        results = self.program.run(_values(network, trials, neuron, filter_, wiring, s))
        return _recording(network, wiring, s, results)


def simulate(
    network: Network,
    trials: Trials,
    *,
    dt: Quantity | None = None,
    target: str = "cpp_standalone",
    batch: int | None = None,
    wire: Callable[[Network], Wiring] | None = None,
    record_states: Sequence[str] = (),
    record_neurons: Sequence[int] = (),
) -> Recording:
    """Run all trials in Brian2, side by side in one network.

    Parameters
    ----------
    network
        What to simulate.
    trials
        Inputs; each is held over `trials.dt`.
    dt
        Simulation step, `trials.dt` by default; must divide it.
    target
        ``cpp_standalone`` (generated C++), ``cython`` or ``numpy``.
    batch
        How many trials run side by side; more run one batch after the other. All by default.
    wire
        `mode_wiring`, `dense_wiring`, or `faster_wiring(rate_hz)`, the default.
    record_states, record_neurons
        Neuron variables to record (such as ``v``, in SI units), and of which neurons.

    Raises
    ------
    ValueError
        If trials, step or recorded variables do not fit the network.
    """
    return compile_simulation(
        network,
        trials,
        dt=dt,
        target=target,
        batch=batch,
        wire=wire,
        record_states=record_states,
        record_neurons=record_neurons,
    ).run(network, trials)


def compile_simulation(
    network: Network,
    trials: Trials,
    *,
    dt: Quantity | None = None,
    target: str = "cpp_standalone",
    batch: int | None = None,
    wire: Callable[[Network], Wiring] | None = None,
    record_states: Sequence[str] = (),
    record_neurons: Sequence[int] = (),
    on_compile: Callable[[], None] | None = None,
) -> Simulation:
    """Compile for the structure of `network` and a batch of `trials`, or find it compiled already.

    `on_compile` is called if the C++ compiler has to run. Parameters as for `simulate`.
    """
    if target not in TARGETS:
        raise ValueError(f"`target` must be one of {', '.join(TARGETS)}: got {target!r}.")
    if trials.n_inputs != network.n_inputs:
        raise ValueError(
            f"`trials` must have the {network.n_inputs} input channels of the network:"
            f" got {trials.n_inputs}."
        )
    if batch is not None:
        if batch < 1:
            raise ValueError(f"`batch` must be 1 or more: got {batch}.")
        trials = trials.subset(slice(0, batch))
    step = trials.dt if dt is None else dt
    whole_steps(trials.dt, step, "trials.dt")
    neuron, filter_ = _translated(network, float(step))
    for name in record_states:
        if name not in neuron.state:
            raise ValueError(
                f"`record_states` must be variables of {neuron.name}: it has"
                f" {', '.join(neuron.state)}, got {name!r}."
            )
    out_of_range = [i for i in record_neurons if not 0 <= i < network.n_neurons]
    if out_of_range:
        raise ValueError(
            f"`record_neurons` must be below the number of neurons {network.n_neurons}:"
            f" got {out_of_range[0]}."
        )
    wire = wire or faster_wiring()
    recorded = tuple(record_states), tuple(record_neurons)
    structure = _structure(network, trials, neuron, filter_, wire(network), float(step), *recorded)
    if target == "cpp_standalone" and shutil.which("g++") is None and shutil.which("c++") is None:
        warnings.warn(
            "No C++ compiler found: Brian2 falls back to numpy code generation, which is slower."
            " Install g++ for target cpp_standalone.",
            stacklevel=2,
        )
        target = "numpy"
    if target == "cpp_standalone":
        started = time.perf_counter()
        program, compiled = _standalone(structure, on_compile)
        elapsed = time.perf_counter() - started
        return Simulation(structure, wire, program, target, elapsed, compiled)
    return Simulation(structure, wire, RuntimeProgram(structure, target), target, 0.0, False)


_compiled: dict[Structure, StandaloneProgram] = {}


def _standalone(
    structure: Structure, on_compile: Callable[[], None] | None
) -> tuple[StandaloneProgram, bool]:
    if structure in _compiled:
        return _compiled[structure], False
    program = StandaloneProgram.build(structure, on_compile)
    _compiled[structure] = program
    return program, program.newly_compiled


def _translated(network: Network, dt: float) -> tuple[SpikingProgram, StepProgram]:
    step = dt * second
    return translate_neuron(network.neuron, step), translate(network.filter, step)


def _structure(
    network: Network,
    trials: Trials,
    neuron: SpikingProgram,
    filter_: StepProgram,
    wiring: Wiring,
    dt: float,
    record_states: tuple[str, ...],
    record_neurons: tuple[int, ...],
) -> Structure:
    return Structure(
        neuron=GroupCode.of(neuron),
        filter=GroupCode.of(filter_),
        jump=network.filter.jump,
        n_neurons=network.n_neurons,
        n_relay=len(wiring.to_relay),
        n_feedback=wiring.n_feedback,
        first_recorded=wiring.first_recorded,
        n_trials=trials.n_trials,
        n_samples=trials.n_steps,
        dt=dt,
        dt_sample=float(trials.dt),
        one_to_one=wiring.feedback is None,
        readout=network.readout,
        record_states=record_states,
        record_neurons=record_neurons,
    )


def _values(
    network: Network,
    trials: Trials,
    neuron: SpikingProgram,
    filter_: StepProgram,
    wiring: Wiring,
    s: Structure,
) -> dict[str, np.ndarray]:
    """All values of a run, by ``object.variable``."""
    drive = trials.inputs.astype(float) @ network.W_in.T
    gain = network.filter.gain
    values = {
        "drive_values.values": drive.reshape(s.n_samples, -1),
        f"to_relay.{WEIGHT}": in_synapse_order(gain * wiring.to_relay, s.n_trials),
        "neurons.refractory_period": _per_neuron(neuron.refractory_steps * s.dt, s.n_trials),
    }
    if wiring.feedback is not None:
        values[f"from_relay.{WEIGHT}"] = in_synapse_order(wiring.feedback, s.n_trials)
    groups: list[tuple[str, StepProgram]] = [("neurons", neuron), ("relay", filter_)]
    if isinstance(s.readout, PeakReadout):
        groups.append(("traces", filter_))
        values[f"to_traces.{WEIGHT}"] = np.array(gain)
    for group, program in groups:
        for name, value in {**program.constants, **program.initial}.items():
            values[f"{group}.{name}"] = _per_neuron(value, s.n_trials)
    return values


def _per_neuron(value: Value, n_trials: int) -> np.ndarray:
    return np.tile(value, n_trials) if np.ndim(value) else np.asarray(value, float)


def _recording(
    network: Network, wiring: Wiring, s: Structure, results: dict[str, np.ndarray]
) -> Recording:
    n, b = s.n_neurons, s.n_trials
    index = results["spikes.i"]
    steps = np.rint(results["spikes.t"] / s.dt).astype(int)
    spikes = np.column_stack([steps, index // n, index % n])
    relay = results["relay_monitor.r"].reshape(s.n_steps, b, s.n_relay - s.first_recorded)
    if isinstance(s.readout, PeakReadout):
        outputs = results["traces.peak"].reshape(b, n) @ network.W_out.T
    else:
        outputs = relay[..., wiring.n_modes :]
    return Recording(
        spikes=spikes[np.lexsort(spikes.T[::-1])],
        n_neurons=n,
        n_trials=b,
        n_steps=s.n_steps,
        dt=s.dt * second,
        outputs=outputs,
        modes=relay[..., : wiring.n_modes],
        states={
            name: results[f"state_monitor.{name}"].reshape(s.n_steps, b, -1)
            for name in s.record_states
        },
        state_neurons=np.array(s.record_neurons, int),
    )
