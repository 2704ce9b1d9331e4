"""Rate networks as differentiable PyTorch modules."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from brian2 import second
from jaxtyping import Bool, Float
from scipy.special import logit
from spikemodes.models.networks.network import PeakReadout
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.networks.transfer import Transfer
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials
from torch import Tensor, nn

from ..kernels.threads import one_thread
from .parameters import array, parameter, recurrent_parameters
from .twin import check_inputs, check_step

_FUNCTIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid}


@dataclass(frozen=True, eq=False)
class RateResponse:
    """Outputs of a rate network (T × B × O, or B × O at the peak) and the rates behind them."""

    outputs: Tensor
    rates: Float[Tensor, "T B N"]

    @property
    def mean_spikes(self) -> None:
        """Rate neurons do not spike."""
        return


class RateTwin(nn.Module):
    """A rate network with weights that learn.

    Parameters
    ----------
    network
        Initial weights. Its recurrence chooses the parameterisation: modes with diagonal or full
        scores, or dense weights.
    dtype
        float32 for training, float64 for comparison.
    """

    def __init__(self, network: RateNetwork, *, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.template = network
        self.W_in = parameter(network.W_in, dtype)
        self.W_out = parameter(network.W_out, dtype)
        self.recurrent = recurrent_parameters(network.recurrence, dtype)
        self.time_constants = LearnedTimes(network, dtype) if network.unit.tau_learned else None

    def network(self) -> RateNetwork:
        """The network with the present weights."""
        unit = self.template.unit
        if self.time_constants is not None:
            unit = replace(unit, tau_mem=array(self.time_constants()) * second)
        return replace(
            self.template,
            unit=unit,
            recurrence=self.recurrent.recurrence(),
            W_in=array(self.W_in),
            W_out=array(self.W_out),
        )

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)

    def prepare(
        self,
        inputs: Float[Tensor, "T B C"] | Bool[Tensor, "T B C"],
        on_compile: Callable[[], None] | None = None,
    ) -> None:
        """Nothing has to be compiled."""

    def forward(self, inputs: Float[Tensor, "T B C"] | Bool[Tensor, "T B C"]) -> RateResponse:
        """Run a batch of trials."""
        check_inputs(inputs, self.template.n_inputs)
        unit, dt = self.template.unit, self.template.dt
        drive = inputs.to(self.W_in) @ self.W_in.T
        encoder, feedback = self.recurrent.encoder(), self.recurrent.feedback()
        if self.time_constants is None:
            decay = torch.as_tensor(unit.decay(dt), dtype=drive.dtype)
        else:
            decay = torch.exp(-float(dt) / self.time_constants())
        if unit.noise:  # as a current, so that it passes the same adjoint
            drive = drive + unit.noise * float(dt) ** 0.5 * torch.randn_like(drive) / (1 - decay)
        rates = _Rates.apply(drive, encoder, feedback, decay, unit.transfer)
        if isinstance(self.template.readout, PeakReadout):
            return RateResponse(rates.amax(0) @ self.W_out.T, rates)
        return RateResponse(rates @ self.W_out.T, rates)

    @torch.no_grad()
    @one_thread()
    def record(self, trials: Trials) -> Recording:
        """Run trials; the recording holds no spikes, and the rates as state ``r``."""
        check_step(trials, self.template.dt)
        response = self(torch.from_numpy(np.ascontiguousarray(trials.inputs)))
        n_steps, n_trials, n_neurons = response.rates.shape
        encoder = self.recurrent.encoder()[:, : self.template.mode_encoder.shape[1]]
        return Recording(
            spikes=np.zeros((0, 3), int),
            n_neurons=n_neurons,
            n_trials=n_trials,
            n_steps=n_steps,
            dt=trials.dt,
            outputs=array(response.outputs),
            modes=array(response.rates @ encoder),
            states={"r": array(response.rates)},
            state_neurons=np.arange(n_neurons),
        )


class LearnedTimes(nn.Module):
    """Time constants τ of a network's neurons, each a sigmoid of a free number.

    ``τ = τ_0 + (τ_1 - τ_0)/(1 + exp(-free))`` stays between the two ends.
    """

    def __init__(self, network: RateNetwork, dtype: torch.dtype) -> None:
        super().__init__()
        ends = network.unit.tau_learned
        assert ends is not None
        self.low, self.high = map(float, ends)
        now = np.broadcast_to(np.asarray(network.unit.tau_mem, float), network.n_neurons)
        self.free = parameter(logit((now - self.low) / (self.high - self.low)), dtype)

    def forward(self) -> Float[Tensor, " N"]:
        """The time constants [s]."""
        return self.low + (self.high - self.low) * torch.sigmoid(self.free)


class _Rates(torch.autograd.Function):
    """The rates of all steps; of these alone does the adjoint keep a copy, unless a learns.

    With λ the adjoint of x, and g that of r as the outputs give it:
    ``λ[k] = a λ[k+1] + f'(x[k]) (g[k] + (1 - a) Wᵀ λ[k+1])``, and that of a is
    ``Σ_k λ[k] (x[k-1] - x[k])/(1 - a)``.
    """

    @staticmethod
    def forward(ctx, drive, encoder, feedback, decay, transfer: Transfer):
        rates, fed = torch.empty_like(drive), drive.new_empty(*drive.shape[:2], encoder.shape[1])
        f, x = _FUNCTIONS[transfer.name], torch.zeros_like(drive[0])
        r = start = f(x)
        changes = torch.empty_like(drive) if ctx.needs_input_grad[3] else None
        for k in range(len(drive)):
            torch.mm(r, encoder, out=fed[k])
            current = drive[k] + (fed[k] if feedback is None else fed[k] @ feedback.T)
            before, x = x, torch.lerp(current, x, decay)
            if changes is not None:
                torch.sub(before, x, out=changes[k])
            r = f(x, out=rates[k])
        ctx.save_for_backward(start, rates, fed, encoder, feedback, decay, changes)
        ctx.transfer = transfer
        return rates

    @staticmethod
    def backward(ctx, *grad_outputs):
        start, rates, fed, encoder, feedback, decay, changes = ctx.saved_tensors
        gain = 1 - decay
        grad_drive = ctx.transfer.slope(rates)  # of each step until that is reached
        grad_fed = torch.zeros_like(fed)  # of the step after the last, too
        adjoint, grad_r = torch.zeros_like(rates[0]), grad_outputs[0]
        for k in reversed(range(len(rates))):
            arriving = grad_r[k]
            if k + 1 < len(rates):
                arriving = torch.addmm(arriving, grad_fed[k + 1], encoder.T)
            adjoint = torch.addcmul(decay * adjoint, arriving, grad_drive[k])
            current = torch.mul(adjoint, gain, out=grad_drive[k])
            grad_fed[k] = current if feedback is None else current @ feedback
        before = torch.cat([start[None], rates[:-1]])
        grad_encoder = torch.einsum("tbn,tbp->np", before, grad_fed)
        grad_feedback = None if feedback is None else torch.einsum("tbn,tbp->np", grad_drive, fed)
        grad_decay = None
        if changes is not None:
            grad_decay = torch.einsum("tbn,tbn->n", grad_drive, changes) / gain**2
        return grad_drive, grad_encoder, grad_feedback, grad_decay, None
