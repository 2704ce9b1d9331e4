"""A network whose modes are held: recurrent drive clamped, what the modes then read measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float

from ..conditions.circuit import Circuit
from ..conditions.condition import Condition, disturbed, realise, seed_of_noise
from ..networks.modes import Modes
from ..networks.network import Network
from ..neurons.neuron import CURRENT
from ..trials import Trials
from .plan import Plan
from .simulation import compile_plan
from .wiring import faster_wiring


@dataclass(frozen=True, eq=False)
class ClampedModes:
    """The response F(κ) of a network to modes that are held at κ.

    ::

        recurrent drive = xi_in Σ κ               F(κ) = ⟨xi_outᵀ r⟩, r the filtered spikes

    The free network, whose κ is its own xi_outᵀ r, is at rest where F(κ) = κ. All that acts beside
    the modes of the main pathway stays: other pathways, conditions, plasticity; of synapses that
    fail, κ has the mean. A run holds many κ, one in each trial, and needs no derivative of the
    neuron.

    Parameters
    ----------
    network
        Neurons and modes.
    conditions, seed
        As `simulate` takes them.
    n_steps
        Length of a run [steps of the network]. The first half is left to settle; κ is averaged over
        the second with the weights of a Hann window, in which a cycle that is cut off at its ends
        counts little.
    at_once
        How many κ a run holds; fewer are filled up to as many, so that all runs take one program.
    batch
        How many of them Brian2 simulates side by side, as for `simulate`.
    target
        Brian2's code generation.

    Raises
    ------
    ValueError
        If the main pathway has no modes, or the network's recurrent drive is not xi_in Σ κ: the
        neurons have conductances, or conditions change single synapses.
    """

    network: Network
    n_steps: int
    conditions: Sequence[Condition] = ()
    seed: int = 0
    at_once: int = 200
    batch: int | None = None
    target: str = "cpp_standalone"

    def __post_init__(self) -> None:
        if self.n_steps < 4:
            raise ValueError(f"`n_steps` must be 4 or more: got {self.n_steps}.")
        passed_on(self.circuit)

    @cached_property
    def circuit(self) -> Circuit:
        """The network under its conditions, free."""
        return realise(self.network, self.conditions, self.network.dt, self.seed)

    @cached_property
    def clamped(self) -> Circuit:
        """The same with its modes cut off from what they drive, and κ as further inputs."""
        network = self.circuit.network
        modes = network.placed(network.main)
        assert isinstance(modes, Modes)
        cut = network.with_modes(network.modes.scaled(np.zeros(network.n_modes)))
        feedback = passed_on(self.circuit) * modes.feedback
        held = np.concatenate([network.W_in, feedback], axis=1)
        return replace(self.circuit, network=replace(cut, W_in=held))

    def responses(
        self, kappa: Float[np.ndarray, "K P"], inputs: Float[np.ndarray, "K C"]
    ) -> Float[np.ndarray, "K P"]:
        """Measure F at each κ, under a constant input of the task's channels each."""
        count = len(kappa)
        filled = np.arange(-(-count // self.at_once) * self.at_once) % count
        runs = np.split(filled, len(filled) // self.at_once)
        return np.concatenate([self._run(kappa[one], inputs[one]) for one in runs])[:count]

    def _run(self, kappa: np.ndarray, inputs: np.ndarray) -> Float[np.ndarray, "K P"]:
        """Simulate one run, and average what the modes read."""
        given = self._trials(kappa, inputs)
        plan = Plan(self.clamped, given, faster_wiring(), seed_of_noise(self.conditions, self.seed))
        simulation = compile_plan(plan, self.target, self.batch)
        modes = simulation.run_plan(plan).modes
        late = modes[self.n_steps // 2 :]
        window = np.hanning(len(late) + 2)[1:-1]
        return np.einsum("t,tkp->kp", window / window.sum(), late)

    def _trials(self, kappa: np.ndarray, inputs: np.ndarray) -> Trials:
        """What is shown, the inputs under conditions as in any trial, and κ behind them."""
        constant = np.broadcast_to(inputs, (self.n_steps, *inputs.shape))
        shown = disturbed(Trials(constant.copy(), self.network.dt), self.conditions, self.seed)
        held = np.broadcast_to(kappa, (self.n_steps, *kappa.shape))
        return Trials(np.concatenate([shown.inputs, held], axis=2), self.network.dt)


def passed_on(circuit: Circuit) -> float:
    """Give the share of the main pathway's drive xi_in Σ κ that synapses pass on, in the mean.

    Raises `ValueError` unless the recurrent drive is that share of it.
    """
    network, passed = circuit.network, circuit.transmission
    if not isinstance(network.placed(network.main), Modes):
        raise ValueError("`network` must have modes for its main pathway: it has other weights.")
    if network.inputs_of(network.main) != CURRENT[1:]:
        raise ValueError(
            "`network` must have neurons that modes drive by a current: conductances take positive"
            " and negative weights apart, of which κ is no sum."
        )
    if passed is None:
        return 1.0
    share = float(passed.gain.flat[0])
    if passed.lag is not None or (passed.gain != share).any() or passed.signs.any():
        raise ValueError(
            "`conditions` must leave each synapse the weight that the modes give it, or the same"
            " share of it: with others, the recurrent drive is no function of κ."
        )
    return share * passed.release
