"""What driving each cell would do to the answer, by the gradient of the twin."""

import numpy as np
import torch
from brian2 import Quantity
from jaxtyping import Float
from spikemodes.learning.kernels.threads import one_thread
from spikemodes.learning.twin.twin import Twin
from spikemodes.models.conditions.condition import disturbed
from spikemodes.models.conditions.interventions import Stimulate
from spikemodes.models.networks.network import Network
from spikemodes.models.trials import Trials

from ..pipeline.circumstances import Circumstances

_AT_ONCE = 100  # trials whose activity is kept for the way back


def effects(
    network: Network,
    trials: Trials,
    there: Circumstances,
    epoch: tuple[Quantity, Quantity],
    answer: range,
) -> Float[np.ndarray, " N"]:
    """Differentiate the answer by a constant drive of each cell in an epoch.

    The answer is the first output, its mean over some steps and the trials. The derivative is the
    one that the network learned by: a surrogate stands for that of a spike.

    Parameters
    ----------
    network, trials, there
        What answers what, under which conditions.
    epoch
        When the cells would be driven [s].
    answer
        Steps in which the answer is read; all that there is of a readout with one value per trial.

    Returns
    -------
    effect
        Change of the answer per unit of drive W_in · x (N).
    """
    everyone = Stimulate(tuple(range(network.n_neurons)), epoch, 0.0)
    under = there.with_conditions(everyone)
    twin = Twin(network, **under.options)
    twin.requires_grad_(False)
    twin.W_injected.requires_grad_(True)
    shown = disturbed(trials, there.conditions, there.seed)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(there.seed)
        for start in range(0, shown.n_trials, _AT_ONCE):
            some = np.ascontiguousarray(shown.inputs[:, start : start + _AT_ONCE])
            outputs = twin(torch.from_numpy(some)).outputs
            read = outputs[answer.start : answer.stop] if outputs.ndim == 3 else outputs
            share = some.shape[1] / shown.n_trials
            (share * read[..., 0].mean()).backward()
    gradient = twin.W_injected.grad
    assert gradient is not None
    return gradient[:, -1].double().numpy()
