"""What neurons do in trials, in the twin, which needs no compiler for another readout."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from spikemodes.learning.twin.rate_twin import RateTwin
from spikemodes.learning.twin.twin import Twin
from spikemodes.models.conditions.condition import disturbed
from spikemodes.models.networks.network import Network, TraceReadout
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials
from torch import float64, manual_seed
from torch.random import fork_rng

from .circumstances import Circumstances


def twin_recording(
    network: Network | RateNetwork, trials: Trials, there: Circumstances
) -> Recording:
    """Run trials in the twin."""
    if isinstance(network, RateNetwork):
        return RateTwin(network, dtype=float64).record(trials)
    twin = Twin(network, **there.options, dtype=float64)
    with fork_rng(devices=[]):  # what the neurons draw repeats with the seed
        manual_seed(there.seed)
        return twin.record(disturbed(trials, there.conditions, there.seed)).at_step(trials.dt)


def filtered_activity(
    network: Network | RateNetwork, trials: Trials, there: Circumstances
) -> Float[np.ndarray, "T B N"]:
    """Record what each neuron sends, filtered spikes or rates (T × B × N)."""
    each = replace(network, W_out=np.eye(network.n_neurons), readout=TraceReadout())
    return twin_recording(each, trials, there).outputs
