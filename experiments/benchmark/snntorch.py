"""A network of the same size in snnTorch, for the benchmark alone (extra ``bench``).

snnTorch: Eshraghian et al., Proc. IEEE 111, 1016 (2023).
"""

from collections.abc import Iterator

import numpy as np
import snntorch
import torch
from jaxtyping import Float
from scipy.linalg import toeplitz
from snntorch import surrogate
from spikemodes.learning.twin.parameters import parameter
from spikemodes.models.networks.network import Network
from torch import Tensor, nn


class SnnTorchModel:
    """``RSynaptic`` with all-to-all recurrence, and a filtered linear readout.

    Time constants, surrogate and initial weights are those of `network`; weights carry the factor
    1 - a_mem that snnTorch's membrane lacks. It is set up as fast as snnTorch goes: one product
    for the inputs of all steps, its default reset (by subtraction; to zero would evaluate the
    step twice), and the readout filter as one product over time, after the projection.
    """

    def __init__(self, network: Network) -> None:
        decay = {
            name: float(np.exp(-network.dt / tau))
            for name, tau in {**network.neuron.parameters, **network.filter.parameters}.items()
            if name.startswith("tau_")
        }
        gain = 1 - decay["tau_mem"]
        self.W_in = parameter(gain * network.W_in, torch.float32)
        self.W_out = parameter(network.W_out, torch.float32)
        self.layer = snntorch.RSynaptic(
            alpha=decay["tau_syn"],
            beta=decay["tau_mem"],
            linear_features=network.n_neurons,
            spike_grad=surrogate.fast_sigmoid(slope=25),
        )
        recurrent = self.layer.recurrent
        assert isinstance(recurrent, nn.Linear)
        recurrent.weight = parameter(gain * network.dense(), torch.float32)
        nn.init.zeros_(recurrent.bias)
        self.rise, self.decay = decay["tau_rise"], decay["tau_decay"]

    def parameters(self) -> list[nn.Parameter]:
        """What is trained."""
        return [self.W_in, self.W_out, *self.layer.parameters()]

    def outputs(self, inputs: Float[Tensor, "T B C"]) -> Float[Tensor, "T B O"]:
        """Run a batch of trials."""
        projected = torch.stack([spike @ self.W_out.T for spike in self._spikes(inputs)])
        response = impulse_response(len(inputs), self.rise, self.decay)
        filtering = torch.tensor(toeplitz(response, 0 * response), dtype=torch.float32)
        return (filtering @ projected.flatten(1)).view_as(projected)

    def spikes(self, inputs: Float[Tensor, "T B C"]) -> float:
        """Mean number of spikes per neuron and trial."""
        return sum(float(spike.detach().mean()) for spike in self._spikes(inputs))

    def _spikes(self, inputs: Tensor) -> Iterator[Tensor]:
        state = self.layer.reset_mem()
        for drive in (inputs @ self.W_in.T).unbind():
            state = self.layer(drive, *state)
            yield state[0]


def impulse_response(n_steps: int, rise: float, decay: float) -> Float[np.ndarray, " T"]:
    """What one spike makes of the double-exponential filter, from its own step on.

    r[l] = (1 - a_d)(a_dˡ - a_rˡ)/(a_d - a_r), with decay factors a_r = `rise`, a_d = `decay`.
    """
    lag = np.arange(n_steps)
    return (1 - decay) * (decay**lag - rise**lag) / (decay - rise)
