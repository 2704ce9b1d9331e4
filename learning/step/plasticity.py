"""Short-term plasticity of the synapses that neurons make, in PyTorch."""

import torch
from jaxtyping import Float
from spikemodes.models.networks.plasticity import PlasticityStep
from torch import Tensor


class Release:
    """What spikes count where synapses depress and facilitate, see `PlasticityStep`.

    u and x of each neuron change with its spikes, and so does the gradient: a spike has one by what
    it releases, and one by what it leaves to those that follow.
    """

    def __init__(self, plasticity: PlasticityStep | None) -> None:
        self.plasticity = plasticity
        self.state: tuple[Tensor, Tensor] | None = None

    def __call__(self, spikes: Float[Tensor, "B N"]) -> Float[Tensor, "B N"]:
        """Go on by a step and give what its spikes count."""
        p = self.plasticity
        if p is None:
            return spikes
        u, x = self.state or (torch.zeros_like(spikes), torch.ones_like(spikes))
        u, x = p.keep_u * u, 1 - p.keep_x * (1 - x)
        raised = u + p.U * (1 - u)
        self.state = u + spikes * (p.U * (1 - u)), x - spikes * (raised * x)
        return spikes * (p.scale * raised * x)
