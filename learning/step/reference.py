"""The reference step: a step program in plain PyTorch, differentiated by autograd.

Slow and simple. It defines what every faster backend must compute, and runs on any device.
"""

from collections.abc import Callable, Mapping
from copy import copy

import sympy
import torch
from spikemodes.models.neurons.names import coded
from spikemodes.models.neurons.synaptic_filter import ACTIVITY
from spikemodes.models.translation.program import StepProgram, Value
from torch import Tensor

from .backend import SPIKES, Activity, Inputs, LearnedValues, StepModel, Weights
from .delivery import Delivery
from .functions import torch_function
from .plasticity import Release
from .random import MEANS, Draws, new_key
from .source import awake_source, expression_source, reset_source, threshold_source, update_source


class ReferenceBackend:
    """Runs the dynamics step by step in PyTorch.

    Parameters
    ----------
    model
        Neuron, filter and surrogate.
    record
        State variables to keep of every step, after the update, inputs, and `SPIKES`.
    """

    def __init__(self, model: StepModel, record: tuple[str, ...] = ()) -> None:
        self.model = model
        self.record = record
        x = sympy.Symbol("x", real=True)
        sources = {
            "update": update_source(model.neuron),
            "threshold": threshold_source(model.neuron),
            "reset": reset_source(model.neuron),
            "awake": awake_source(model.neuron),
            "surrogate": expression_source(
                "surrogate", "x", model.height * model.surrogate.derivative(x)
            ),
        }
        self._neuron = {name: torch_function(source, name) for name, source in sources.items()}
        self._filter_updates = [
            torch_function(update_source(filter_.program), "update") for filter_ in model.filters
        ]

    def __call__(
        self,
        inputs: Inputs,
        weights: Weights,
        *,
        peaks: bool = False,
    ) -> Activity:
        """Run a batch of trials."""
        d = self.model
        drive = inputs.to(weights.W_in) @ weights.W_in.T
        neuron, synapse = self.values(drive, weights.values)
        _, n_trials, n_neurons = drive.shape
        samples = drive.unbind()  # indexing instead would give a gradient of full size per step
        v = {n: neuron.initial[n].expand(n_trials, n_neurons) for n in d.neuron.state}
        key = new_key() if d.neuron.draws or weights.fails else (0, 0)
        deliveries = [
            Delivery(units, d.filters[units.filter].gain, i, key)
            for i, units in enumerate(weights.units)
        ]
        relays = [_Relay(self, deliver, synapse, drive[0]) for deliver in deliveries]
        trace = {n: drive.new_zeros(n_trials, n_neurons) for n in d.filter.state}
        peak = counts = drive.new_zeros(n_trials, n_neurons)
        refractory_steps = torch.as_tensor(d.neuron.refractory_steps, device=drive.device)
        silent_until = torch.zeros((n_trials, n_neurons), dtype=torch.long, device=drive.device)
        drawn = Draws(d.neuron.draws.values(), counts, key)
        outputs, states = [], {name: [] for name in self.record}
        for k in range(len(samples) * d.substeps):
            active = self.awake(v, silent_until, k, neuron)
            given = (
                samples[k // d.substeps],
                *self.received(relays, samples[0]),
                *drawn(k),
            )
            v = self.capped(v, self.update(v, given, active, neuron), given, active, neuron)
            outputs.append(torch.cat([relay.step() for relay in relays], dim=1))
            spike = self.spike(v, active, neuron)
            recorded = {SPIKES: spike, **dict(zip(d.neuron.given, given, strict=True))}
            for name in self.record:
                found = recorded[name] if name in recorded else v[coded(name)]
                states[name].append(found.detach())
            for relay in relays:
                relay.take(spike, k)
            if peaks:
                trace = self.filter(trace, synapse)
                peak = torch.where(trace[ACTIVITY] > peak, trace[ACTIVITY], peak)
                trace[d.jump] = trace[d.jump] + d.gain * spike
            counts = counts + spike
            v = self.forgotten(v, neuron)
            v = self.reset(v, spike, neuron)
            silent_until = self.silent_until(silent_until, active, spike, k, refractory_steps)
        return Activity(
            relay=torch.stack(outputs),
            spike_counts=counts,
            peaks=peak if peaks else None,
            states={name: torch.stack(values) for name, values in states.items()},
        )

    def received(self, relays: "list[_Relay]", like: Tensor) -> list[Tensor]:
        """What the relay units add to each of the neurons' inputs, group by group."""
        sums: list[Tensor | None] = [None] * len(self.model.kinds)
        for relay in relays:
            for kind, part in relay.acting():
                before = sums[kind]
                sums[kind] = part if before is None else before + part
        return [torch.zeros_like(like) if total is None else total for total in sums]

    def prepare(
        self,
        inputs: Inputs,
        weights: Weights,
        *,
        peaks: bool,
        on_compile: Callable[[], None] | None = None,
    ) -> None:
        """See `Backend`: nothing has to be compiled."""

    def values(
        self, like: Tensor, learned: LearnedValues | None = None
    ) -> tuple["_Values", "_Values"]:
        """Constants and initial values of neuron and filter, as tensors like another."""
        if learned is None:
            return _Values(self.model.neuron, like), _Values(self.model.filter, like)
        return (
            _Values(self.model.neuron, like, learned.neuron, learned.initial),
            _Values(self.model.filter, like, learned.filter),
        )

    def awake(self, v, silent_until, k, neuron) -> Tensor:
        """Which neurons integrate in step k."""
        awake = silent_until <= k
        if self.model.neuron.refractory_while is None:
            return awake
        (held,) = self._neuron["awake"](*v.values(), *neuron.constants)
        return awake | ~torch.as_tensor(held).expand_as(awake)

    def silent_until(self, before, active, spike, k, refractory_steps) -> Tensor:
        """The step from which each neuron integrates, after the spikes of step k."""
        if self.model.neuron.refractory_while is not None:  # once awake, a neuron stays so
            before = torch.where(active, before.clamp(max=k), before)
        return torch.where(spike.detach() > 0, k + refractory_steps, before)

    def mean_draws(self, like: Tensor) -> list[Tensor]:
        """Means in place of the random numbers of a step."""
        return [like.new_full((), MEANS[name]) for name in self.model.neuron.draws.values()]

    def update(self, v, inputs, active, neuron) -> dict[str, Tensor]:
        """State of the neurons after the update, before the reset; random numbers are inputs."""
        new = self._neuron["update"](*v.values(), *inputs, active, *neuron.constants)
        return dict(zip(v, new, strict=True))

    def capped(self, before, after, inputs, active, neuron) -> dict[str, Tensor]:
        """The updated state, with capped gradients of what spikes depend on; see `StepModel`."""
        if not (self.model.capped and torch.is_grad_enabled()):
            return after
        before = {name: value.detach() for name, value in before.items()}
        inputs = tuple(value.detach() for value in inputs)
        changed = dict(after)
        for name in map(coded, self.model.neuron.watched):
            if name not in self.model.neuron.update.results or not after[name].requires_grad:
                continue
            own = before[name].clone().requires_grad_()
            new = self.update({**before, name: own}, inputs, active, neuron)[name]
            factor = torch.autograd.grad(new.sum(), own)[0] if new.requires_grad else 0 * own
            size = factor.abs()
            cap = torch.where(size > 1, 1 / size, (size <= 1).to(size))  # none where it is NaN
            changed[name] = _Weighed.apply(after[name], cap)
        return changed

    def forgotten(self, v, neuron) -> dict[str, Tensor]:
        """The state, without gradient from beyond the onset where `StepModel.forgets`."""
        if not self.model.forgets:
            return v
        beyond = self.distance(v, neuron) + self.model.axis.below > 0
        watched = set(map(coded, self.model.neuron.watched))
        return {n: torch.where(beyond, x.detach(), x) if n in watched else x for n, x in v.items()}

    def filter(self, state, synapse, which: int = 0) -> dict[str, Tensor]:
        """State of a synaptic filter after a step."""
        new = self._filter_updates[which](*state.values(), None, *synapse.constants)
        like = next(iter(state.values()))
        return {n: torch.as_tensor(x).expand_as(like) for n, x in zip(state, new, strict=True)}

    def spike(self, v, active, neuron) -> Tensor:
        """Spikes of updated neurons, differentiable."""
        left, right = self._neuron["threshold"](*v.values(), *neuron.constants)
        above = left > right if self.model.neuron.threshold.strict else left >= right
        axis = self.model.axis
        x = (left - right + axis.below) / axis.width
        return _Spike.apply(x, above & active, active, self._neuron["surrogate"])

    def distance(self, v, neuron) -> Tensor:
        """How far updated neurons are above threshold, in the unit of their state."""
        left, right = self._neuron["threshold"](*v.values(), *neuron.constants)
        return left - right

    def reset(self, v, spike, neuron) -> dict[str, Tensor]:
        """State of the neurons after those that spiked were reset."""
        if self.model.detach_reset:
            spike = spike.detach()
        new = self._neuron["reset"](*v.values(), None, *neuron.constants)
        changed = self.model.neuron.reset.results
        return {
            n: _Reset.apply(spike, torch.as_tensor(after).expand_as(spike), v[n])
            if n in changed
            else v[n]
            for n, after in zip(v, new, strict=True)
        }


class _Values:
    """Constants and initial values of a program as tensors like another; those given may learn."""

    def __init__(
        self,
        program: StepProgram,
        like: Tensor,
        constants: Mapping[str, Tensor] = {},
        initial: Mapping[str, Tensor] = {},
    ) -> None:
        def tensor(value: Value | Tensor) -> Tensor:
            return torch.as_tensor(value, dtype=like.dtype, device=like.device)

        self.constants = list(map(tensor, {**program.constants, **constants}.values()))
        self.initial = {name: tensor(x) for name, x in {**program.initial, **initial}.items()}

    def of_each(self, n_units: int) -> "_Values":
        """The same for groups of neurons, one after another, of `n_units` in all."""
        values = copy(self)
        values.constants = [
            value.repeat(n_units // len(value)) if value.ndim else value for value in self.constants
        ]
        return values


class _Relay:
    """The relay units of a group, as they go from step to step.

    `deliver` brings their spikes, `synapse` has the values of the readout's filter, and `like` the
    shape of an input.
    """

    def __init__(
        self, step: ReferenceBackend, deliver: Delivery, synapse: _Values, like: Tensor
    ) -> None:
        units = deliver.units
        self.step_of, self.deliver, self.units = step, deliver, units
        filter_ = step.model.filters[units.filter]
        self.jump = filter_.jump
        values = _Values(filter_.program, like) if units.filter else synapse
        self.values = values.of_each(units.n)
        self.release = Release(units.plasticity)
        self.state = {n: like.new_zeros(len(like), units.n) for n in filter_.program.state}

    def acting(self) -> list[tuple[int, Tensor]]:
        """The input and what is added to it, for each on which the units act."""
        units, activity = self.units, self.state[ACTIVITY]
        if not units.inputs:
            return []
        if units.feedback is not None:
            activity = activity @ units.feedback.T
        return list(zip(units.inputs, activity.chunk(len(units.inputs), dim=1), strict=True))

    def step(self) -> Tensor:
        """Filter; gives the activity."""
        self.state = self.step_of.filter(self.state, self.values, self.units.filter)
        return self.state[ACTIVITY]

    def take(self, spikes: Tensor, k: int) -> None:
        """Let the spikes of step k in."""
        counted = self.release(spikes.detach() if self.units.stop else spikes)
        self.state[self.jump] = self.state[self.jump] + self.deliver(counted, k)


class _Spike(torch.autograd.Function):
    """The spike forward, its surrogate derivative backward; no gradient while refractory."""

    @staticmethod
    def forward(ctx, x, fired, active, surrogate):
        ctx.save_for_backward(x, active)
        ctx.surrogate = surrogate
        return fired.to(x.dtype)

    @staticmethod
    def backward(ctx, *grad_outputs):
        x, active = ctx.saved_tensors
        slope = torch.as_tensor(ctx.surrogate(x))  # NaN where the threshold has no value
        return grad_outputs[0] * torch.where(slope.isnan(), 0.0, slope) * active, None, None, None


class _Weighed(torch.autograd.Function):
    """A value whose gradient is multiplied by a factor."""

    @staticmethod
    def forward(ctx, value, factor):
        ctx.save_for_backward(factor)
        return value.view_as(value)

    @staticmethod
    def backward(ctx, *grad_outputs):
        (factor,), (g,) = ctx.saved_tensors, grad_outputs
        return torch.where(g == 0, 0.0, g * factor), None


class _Reset(torch.autograd.Function):
    """``s·after + (1 - s)·before`` for a spike s of 0 or 1, though one of the two be infinite.

    An infinite jump, of a potential that overflowed on its way, passes no gradient.
    """

    @staticmethod
    def forward(ctx, spike, after, before):
        ctx.save_for_backward(spike, after, before)
        return torch.where(spike > 0, after, before)

    @staticmethod
    def backward(ctx, *grad_outputs):
        spike, after, before = ctx.saved_tensors
        (g,) = grad_outputs
        jump = after - before
        return (
            torch.where(torch.isfinite(jump), g * jump, 0.0),
            torch.where(spike > 0, g, 0.0),
            torch.where(spike > 0, 0.0, g),
        )
