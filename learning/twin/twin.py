"""The twin: a network's Brian2 model as a differentiable PyTorch module."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from brian2 import Quantity
from jaxtyping import Bool, Float
from spikemodes.models.conditions.circuit import Circuit
from spikemodes.models.conditions.condition import Condition, realise, require_trainable
from spikemodes.models.networks.network import Network, PeakReadout, require_step
from spikemodes.models.neurons.names import coded
from spikemodes.models.neurons.synaptic_filter import SynapticFilter
from spikemodes.models.quantities import whole_steps
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials
from torch import Tensor, nn

from ..kernels.threads import one_thread
from ..step.backend import (
    SPIKES,
    Activity,
    Backend,
    Filter,
    MakeBackend,
    StepModel,
    Units,
    Weights,
)
from ..step.background import ExactGradient, GradientThroughBackground
from ..step.centre import AtOnset, SurrogateCentre
from ..step.reference import ReferenceBackend
from ..step.surrogates import FastSigmoid, Surrogate
from .backends import choose_backend
from .bounds import Bounded, learned_parameters
from .cell_parameters import CellParameters
from .learned import Learned
from .parameters import array, parameter
from .pathways import TwinPathway, written


@dataclass(frozen=True, eq=False)
class Response:
    """Outputs of the twin (T × B × O, or B × O for a peak readout) and the activity behind them."""

    outputs: Tensor
    activity: Activity

    @property
    def mean_spikes(self) -> float:
        """Spikes per trial of a neuron, mean over neurons and trials."""
        return float(self.activity.spike_counts.detach().mean())


class Twin(nn.Module):
    """The differentiable counterpart of a network in Brian2.

    The step is generated from the same step program that Brian2 runs.

    Parameters
    ----------
    network
        Initial weights, neuron, filter and readout. Its type chooses the parameterisation: modes
        with diagonal or full scores, or dense weights.
    conditions
        Of a more biological circuit. `network` gives the weights as they are without them.
    seed
        Of what the conditions draw once and for all, such as delays.
    dt
        Step of the twin, `network.dt` by default; must divide it.
    circuit
        `network` as it was put under conditions already, in place of `conditions`, `seed` and `dt`.
    surrogate
        Derivative of the spike in the backward pass.
    detach_reset
        Whether the reset stops the gradient. Where it does, a cell that hovers at the onset of its
        spikes counts one at each step.
    centre
        Where the surrogate has its peak.
    through_background
        Whether the gradient passes through pathways that do not learn; it does by default.
    height
        Factor on the surrogate.
    capped
        Whether the gradient of a potential with an upswing of its own is kept from growing by it,
        see `StepModel`; one that goes from spike to spike would grow without bound.
    dtype
        float32 for training, float64 to compare spikes with Brian2.
    learn
        Parameters of neurons and filters that learn beside the weights. Where each neuron is to
        have a value of its own, `network` must have them, see `with_own_values`.
    backend
        What runs the step: `FusedBackend`, `ReferenceBackend` or another that is made for a
        `StepModel`. By default the kernels where there are any, see `choose_backend`.

    Raises
    ------
    ValueError
        If the twin cannot express a condition, or `backend` not the step; if something cannot
        learn, see `learned_parameters`.
    """

    W_injected: Tensor

    def __init__(
        self,
        network: Network,
        *,
        conditions: Sequence[Condition] = (),
        seed: int = 0,
        dt: Quantity | None = None,
        circuit: Circuit | None = None,
        surrogate: Surrogate | None = None,
        detach_reset: bool | None = None,
        centre: SurrogateCentre | None = None,
        through_background: GradientThroughBackground | None = None,
        height: float = 1.0,
        capped: bool = True,
        dtype: torch.dtype = torch.float32,
        learn: Sequence[Learned] = (),
        backend: MakeBackend | None = None,
    ) -> None:
        super().__init__()
        found = learned_parameters(learn, network)
        if circuit is None:
            require_trainable(conditions)
            circuit = realise(network, conditions, network.dt if dt is None else dt, seed)
        substeps = whole_steps(network.dt, circuit.dt, "network.dt")
        require_step(circuit.network, network.dt, circuit.dt)
        self.template = network
        self.dt = circuit.dt
        self.W_in = parameter(network.W_in, dtype)
        self.W_out = parameter(network.W_out, dtype)
        self.injected = circuit.injected
        injected = np.array([i.weights for i in self.injected]).reshape(-1, network.n_neurons)
        self.register_buffer("W_injected", torch.as_tensor(injected.T, dtype=dtype), False)
        neuron = circuit.neuron_program
        if circuit.filter_program.is_random:
            raise ValueError(
                "`filter` must draw no random numbers in the twin: got"
                f" {circuit.network.filter.name}. Draw them in the neuron's `update`."
            )
        further, which = _filters(circuit)
        made = zip(circuit.network.pathways, which, strict=True)
        pathways = [TwinPathway(circuit, pathway, filter, dtype) for pathway, filter in made]
        self.main = network.index_of_main
        self.recurrent = pathways[self.main].weights
        self.pathways = pathways
        self.through_background = through_background or ExactGradient()
        self.further = nn.ModuleList(p for i, p in enumerate(pathways) if i != self.main)
        self.cells = _cells(found, circuit, network)
        self.model = StepModel(
            neuron=neuron,
            filter=circuit.filter_program,
            jump=coded(circuit.network.filter.jump),
            gain=circuit.network.filter.gain,
            surrogate=surrogate or FastSigmoid(),
            detach_reset=bool(detach_reset),
            onset=(centre or AtOnset()).of(neuron, float(circuit.dt)),
            height=height,
            capped=capped and neuron.has_upswing,
            substeps=substeps,
            learned=self.cells.constants if self.cells else (),
            learned_filter=self.cells.filter_constants if self.cells else (),
            further=further,
        )
        self.backend = (
            choose_backend(self.model, self._weights()[0])
            if backend is None
            else backend(self.model)
        )

    def network(self) -> Network:
        """The network with the present weights, ready for Brian2."""
        template = self.cells.written(self.template) if self.cells else self.template
        return replace(
            written(template, self.pathways), W_in=array(self.W_in), W_out=array(self.W_out)
        )

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)

    def forward(
        self,
        inputs: Float[Tensor, "T B C"] | Bool[Tensor, "T B C"],
        *,
        stop_transmission: bool = False,
    ) -> Response:
        """Run a batch of trials; outputs are those at the end of each of its steps.

        With `stop_transmission`, no gradient passes from a neuron to those that its spikes reach.
        """
        response = self._run(self.backend, inputs, stop_transmission)
        every = self.model.substeps
        if every == 1 or response.outputs.ndim < 3:
            return response
        return replace(response, outputs=response.outputs[every - 1 :: every])

    def prepare(
        self,
        inputs: Float[Tensor, "T B C"] | Bool[Tensor, "T B C"],
        on_compile: Callable[[], None] | None = None,
    ) -> None:
        """Compile what the backend needs for such inputs, before time counts."""
        weights, peaks = self._weights()
        self.backend.prepare(
            self._with_injected(inputs), weights, peaks=peaks, on_compile=on_compile
        )
        self.zero_grad()

    def _run(self, backend: Backend, inputs: Tensor, stop_transmission: bool = False) -> Response:
        check_inputs(inputs, self.template.n_inputs)
        weights, peaks = self._weights()
        if stop_transmission:
            weights = weights.stopping()
        activity = backend(self._with_injected(inputs.to(self.W_in.device)), weights, peaks=peaks)
        if peaks:
            assert activity.peaks is not None
            return Response(activity.peaks @ self.W_out.T, activity)
        if self.template.has_own_filters:
            return Response(
                activity.relay[..., -self.template.n_neurons :] @ self.W_out.T, activity
            )
        return Response(activity.relay[..., -len(self.W_out) :], activity)

    def _with_injected(self, inputs: Tensor) -> Tensor:
        """Inputs with a channel for each injection of the circuit."""
        if not self.injected:
            return inputs
        n_steps, n_trials, _ = inputs.shape
        courses = np.array([i.in_steps(n_steps) for i in self.injected]).T
        given = torch.as_tensor(courses).to(self.W_in)[:, None].expand(-1, n_trials, -1)
        return torch.cat([inputs.to(given), given], dim=2)

    def _weights(self) -> tuple[Weights, bool]:
        """Effective weights, and whether the readout needs peaks."""
        units, recorded = list(map(self._units, self.pathways)), []
        main = self.pathways[self.main]
        if not main.through_modes and (modes := main.modes()).shape[1]:
            recorded.append(Units(modes, filter=main.filter, plasticity=main.plasticity))
        peaks = isinstance(self.template.readout, PeakReadout)
        if self.template.has_own_filters and not peaks:  # outputs are made of traces, not of spikes
            recorded.append(Units(torch.eye(len(self.W_in)).to(self.W_in)))
        elif not peaks:
            recorded.append(Units(self.W_out.T))
        values = self.cells(self.W_in) if self.cells else None
        W_in = torch.cat([self.W_in, self.W_injected], dim=1) if self.injected else self.W_in
        return Weights(W_in, (*units, *recorded), values), peaks

    def _units(self, pathway: TwinPathway) -> Units:
        """Units of a pathway, with what its gradient does."""
        units = pathway.units()
        return self.through_background.of(units) if pathway.fixed else units

    def _modes(self, relay: Tensor) -> Tensor:
        """Activity of the main pathway's modes, of that of all units (T × B × K)."""
        weights, _ = self._weights()
        main, n_modes = self.pathways[self.main], self.template.mode_encoder.shape[1]
        before = self.main if main.through_modes else len(self.pathways)
        first = sum(units.n for units in weights.units[:before])
        return relay[..., first : first + n_modes]

    @torch.no_grad()
    @one_thread()
    def record(self, trials: Trials, states: tuple[str, ...] = ()) -> Recording:
        """Run trials and give what a Brian2 simulation would.

        Trials are shown as they are: see `disturbed` for conditions of the inputs.
        """
        check_step(trials, self.template.dt)
        inputs = torch.from_numpy(np.ascontiguousarray(trials.inputs))
        recorder = ReferenceBackend(self.model, record=(SPIKES, *states))
        response = self._run(recorder, inputs)
        activity = response.activity
        n_steps, n_trials, n_neurons = activity.states[SPIKES].shape
        return Recording(
            spikes=np.argwhere(activity.states[SPIKES].cpu().numpy() > 0),
            n_neurons=n_neurons,
            n_trials=n_trials,
            n_steps=n_steps,
            dt=self.dt,
            outputs=array(response.outputs),
            modes=array(self._modes(activity.relay)),
            states={name: array(activity.states[name]) for name in states},
            state_neurons=np.arange(n_neurons),
        )


def _cells(found: tuple[Bounded, ...], circuit: Circuit, network: Network) -> CellParameters | None:
    if not found:
        return None
    acting = circuit.network
    if acting.neuron != network.neuron or acting.filter != network.filter:
        raise ValueError(
            "`learn` must be weights under conditions that change the neurons: got"
            f" {found[0].learned.name}. Learn it before, without these conditions."
        )
    return CellParameters(found, circuit.neuron_program, circuit.filter_program)


def _filters(circuit: Circuit) -> tuple[tuple[Filter, ...], list[int]]:
    """Filters beside that of the readout, each once, and which of all filters each pathway has."""
    further: dict[SynapticFilter, Filter] = {}
    which = []
    for pathway in circuit.network.pathways:
        own = pathway.filter
        if own is not None and own not in further:
            program = circuit.filter_program_of(pathway)
            further[own] = Filter(program, coded(own.jump), own.gain)
        which.append(0 if own is None else 1 + list(further).index(own))
    return tuple(further.values()), which


def check_inputs(inputs: Tensor, n_inputs: int) -> None:
    """Raise `ValueError` unless `inputs` are time × trial × `n_inputs`."""
    if inputs.ndim != 3 or inputs.shape[2] != n_inputs:
        raise ValueError(
            f"`inputs` must be time × trial × {n_inputs} channels: got {tuple(inputs.shape)}."
        )


def check_step(trials: Trials, dt: Quantity) -> None:
    """Raise `ValueError` unless the trials have the step at which a network learned."""
    if abs(float(trials.dt) / float(dt) - 1) > 1e-9:
        raise ValueError(
            f"`trials.dt` must be the step that the network learned at, {dt!s}: got {trials.dt!s}."
        )
