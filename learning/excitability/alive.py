"""Whether a network with a background fires at all, and not as fast as it can."""

import numpy as np
import torch
from spikemodes.models.networks.network import Network
from spikemodes.models.trials import Trials

from ..kernels.threads import one_thread
from ..step.reference import ReferenceBackend
from ..twin.twin import Twin
from .gain import ExcitabilityError

SILENT, SATURATED = 0.1, 0.5
"""Rate [Hz] below which a network is silent, and share of the highest above which it runs wild."""


@torch.no_grad()
@one_thread()
def require_alive(network: Network, trials: Trials) -> None:
    """Run a network as it is before learning in a few of the task's trials.

    Raises `ExcitabilityError` if its background silences it, or makes it fire as fast as it can.
    """
    twin = Twin(network, backend=ReferenceBackend)
    inputs = torch.from_numpy(np.asarray(trials.inputs, np.float32))
    seconds = trials.n_steps * float(trials.dt)
    rate = twin(inputs).mean_spikes / seconds
    highest = 1 / (twin.model.neuron.fewest_steps * float(twin.dt))
    if SILENT <= rate <= SATURATED * highest:
        return
    what, fix = (
        ("silences it", "Lower `ratio` or `strength`, or drive the cells more.")
        if rate < SILENT
        else ("makes it fire without end", "Raise `ratio`, or lower `strength`.")
    )
    raise ExcitabilityError(
        f"`background` must leave a network that fires: it {what}, {rate:.3g} Hz in the mean of the"
        f" task's trials before learning, where cells can reach {highest:.3g} Hz. {fix}"
    )
