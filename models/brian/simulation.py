"""Simulation of a network in Brian2: one compiled program per structure, new values at each run."""

import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

import numpy as np
from brian2 import Quantity

from ..conditions.condition import Condition, disturbed, realise, seed_of_noise
from ..networks.network import Network
from ..recording import Recording, joined
from ..trials import Trials, in_batches
from .compilation import TARGETS, Program, program_of
from .plan import Plan
from .structure import Structure
from .wiring import Wiring, faster_wiring

Options = ParamSpec("Options")

MEMORY_BUDGET = 2e9
"""Bytes that the trials of one Brian2 network may take where no batch size is given."""


@dataclass(frozen=True)
class Simulation:
    """A compiled Brian2 network: `run` takes any network and trials of the same structure.

    Parameters
    ----------
    structure
        What was compiled.
    plan
        What it was compiled for, to be run with `run_plan`.
    program
        The code that runs.
    target
        Brian2's code generation: ``cpp_standalone``, ``cython`` or ``numpy``.
    compile_seconds
        Time that code generation and compilation took [s].
    compiled
        Whether the compiler had to run; False if the build came from the cache.
    dt
        Step that was asked for, ``None`` for that of the trials.
    """

    structure: Structure
    plan: Plan
    program: Program
    target: str
    compile_seconds: float
    compiled: bool
    dt: Quantity | None = None

    def run(
        self,
        network: Network,
        trials: Trials,
        *,
        conditions: Sequence[Condition] = (),
        seed: int = 0,
    ) -> Recording:
        """Push weights, parameters and inputs into the program and simulate.

        Any number of trials: they run in batches of as many as were compiled for. Raises
        `ValueError` if network, trials and conditions do not have the compiled structure.
        """
        return self.run_plan(_plan(network, trials, conditions, seed, self.dt, self.plan.wire))

    def run_plan(self, plan: Plan) -> Recording:
        """Simulate as `run` does what is realised already, such as the plan compiled for."""
        s = self.structure
        if plan.structure(s.n_trials, s.record_states, s.record_neurons) != s:
            raise ValueError(
                "`network` and `trials` must have the structure this simulation was compiled for."
                " Use simulate(network, trials), which compiles what is needed."
            )
        batches = [
            plan.recording(s, self.program.run(plan.values(s, batch), _batch_seed(plan.seed, k)))
            for k, batch in enumerate(in_batches(plan.trials, s.n_trials))
        ]
        return joined(batches, plan.trials.n_trials)


def compile_simulation(
    network: Network,
    trials: Trials,
    *,
    conditions: Sequence[Condition] = (),
    seed: int = 0,
    dt: Quantity | None = None,
    target: str = "cpp_standalone",
    batch: int | None = None,
    wire: Callable[[Network], Wiring] | None = None,
    record_states: Sequence[str] = (),
    record_neurons: Sequence[int] = (),
    on_compile: Callable[[], None] | None = None,
) -> Simulation:
    """Compile for the structure of `network` and a batch of `trials`, or find it compiled already.

    It depends on which conditions there are, not on their levels. Parameters as for `simulate`.
    """
    plan = _plan(network, trials, conditions, seed, dt, wire or faster_wiring())
    return replace(
        compile_plan(plan, target, batch, record_states, record_neurons, on_compile), dt=dt
    )


def compile_plan(
    plan: Plan,
    target: str = "cpp_standalone",
    batch: int | None = None,
    record_states: Sequence[str] = (),
    record_neurons: Sequence[int] = (),
    on_compile: Callable[[], None] | None = None,
) -> Simulation:
    """Compile for what is realised already; parameters as for `simulate`."""
    if target not in TARGETS:
        raise ValueError(f"`target` must be one of {', '.join(TARGETS)}: got {target!r}.")
    if batch is not None and batch < 1:
        raise ValueError(f"`batch` must be 1 or more: got {batch}.")
    for name in record_states:
        if name not in plan.neuron.variables:
            raise ValueError(
                f"`record_states` must be variables of {plan.neuron.name}: it has"
                f" {', '.join(plan.neuron.variables)}, got {name!r}."
            )
    n_neurons = plan.circuit.network.n_neurons
    out_of_range = [i for i in record_neurons if not 0 <= i < n_neurons]
    if out_of_range:
        raise ValueError(
            f"`record_neurons` must be below the number of neurons {n_neurons}:"
            f" got {out_of_range[0]}."
        )
    size = min(batch, plan.trials.n_trials) if batch else _batch_size(plan)
    structure = plan.structure(size, tuple(record_states), tuple(record_neurons))
    started = time.perf_counter()
    program, target, compiled = program_of(structure, target, on_compile)
    elapsed = time.perf_counter() - started if target == "cpp_standalone" else 0.0
    return Simulation(structure, plan, program, target, elapsed, compiled)


def _with_options_of(
    other: Callable[Options, Any],
) -> Callable[[Callable[..., Recording]], Callable[Options, Recording]]:
    """Give a function that hands on its options the signature of the one that takes them."""

    def signed(function: Callable[..., Recording]) -> Callable[Options, Recording]:
        own = inspect.signature(function)
        given = inspect.signature(other).replace(return_annotation=own.return_annotation)
        function.__signature__ = given  # type: ignore[attr-defined]
        return function

    return signed


@_with_options_of(compile_simulation)
def simulate(network: Network, trials: Trials, **options: Any) -> Recording:
    """Run all trials in Brian2, side by side in one network.

    Parameters
    ----------
    network
        What to simulate.
    trials
        Inputs; each is held over `trials.dt`.
    conditions
        What makes the circuit more biological: delays, noise, other neurons... See `CONDITIONS`.
    seed
        Of everything that the conditions draw.
    dt
        Simulation step, `trials.dt` by default; must divide it.
    target
        ``cpp_standalone`` (generated C++), ``cython`` or ``numpy``.
    batch
        How many trials run side by side; more run one batch after the other. By default all, or as
        many as fit into `MEMORY_BUDGET`.
    wire
        `mode_wiring`, `dense_wiring`, or `faster_wiring(rate_hz)`, the default. Where conditions
        give each synapse properties of its own, the synapses run one by one instead.
    record_states, record_neurons
        Neuron variables to record (such as ``v``, in SI units), and of which neurons.
    on_compile
        Called if the C++ compiler has to run.

    Raises
    ------
    ValueError
        If trials, step, conditions or recorded variables do not fit the network.
    """
    simulation = compile_simulation(network, trials, **options)
    return simulation.run_plan(simulation.plan)


def _plan(
    network: Network,
    trials: Trials,
    conditions: Sequence[Condition],
    seed: int,
    dt: Quantity | None,
    wire: Callable[[Network], Wiring],
) -> Plan:
    circuit = realise(network, conditions, trials.dt if dt is None else dt, seed)
    noise = seed_of_noise(conditions, seed)
    return Plan(circuit, disturbed(trials, conditions, seed), wire, noise)


def _batch_size(plan: Plan) -> int:
    """The size of equal batches that keep within the budget."""
    n_trials = plan.trials.n_trials
    most = max(1, int(MEMORY_BUDGET / plan.bytes_per_trial()))
    return -(-n_trials // -(-n_trials // most))


def _batch_seed(seed: int, batch: int) -> int:
    """A seed for each batch, so that batches do not draw the same."""
    return int(np.random.SeedSequence((seed, batch)).generate_state(1)[0])
