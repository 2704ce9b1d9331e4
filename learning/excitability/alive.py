"""Whether a network with a background fires at all, and not as fast as it can."""

import numpy as np
from spikemodes.models.networks.network import Network
from spikemodes.models.trials import Trials

from ..step.reference import ReferenceBackend
from ..twin.twin import Twin
from .gain import ExcitabilityError

FEWEST_FIRING, HIGHEST = 0.1, 0.5
"""Share of the cells that must fire, and share of the highest rate that they must not reach."""


def require_alive(network: Network, trials: Trials) -> None:
    """Run a network as it is before learning in a few of the task's trials.

    Raises `ExcitabilityError` if its background silences it, or makes it fire as fast as it can.
    """
    twin = Twin(network, backend=ReferenceBackend)
    recording = twin.record(trials)
    late = recording.spikes[:, 0] >= recording.n_steps // 2  # a first volley comes in any case
    counted = recording.n_trials * recording.n_neurons * (recording.n_steps / 2) * float(twin.dt)
    rate = np.count_nonzero(late) / counted
    firing = len(np.unique(recording.spikes[late, 2])) / recording.n_neurons
    highest = 1 / (twin.model.neuron.fewest_steps * float(twin.dt))
    if firing >= FEWEST_FIRING and rate <= HIGHEST * highest:
        return
    what, fix = (
        ("silences it", "Lower `ratio` or `strength`, or drive the cells more.")
        if firing < FEWEST_FIRING
        else ("makes it fire without end", "Raise `ratio`, or lower `strength`.")
    )
    raise ExcitabilityError(
        f"`background` must leave a network that fires: it {what}, {rate:.3g} Hz in the second half"
        f" of the task's trials before learning, where cells can reach {highest:.3g} Hz. {fix}"
    )
