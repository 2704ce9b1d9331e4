"""A network of a run answers trials in Brian2, as it did in the validation."""

from __future__ import annotations

from collections.abc import Sequence

from spikemodes.models.brian.rate_simulation import simulate_rates
from spikemodes.models.brian.simulation import simulate
from spikemodes.models.conditions.condition import Condition
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.networks.storage import AnyNetwork
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..config.spec import Spec
from .circumstances import Circumstances


def answer(
    spec: Spec,
    network: AnyNetwork,
    trials: Trials,
    *,
    conditions: Sequence[Condition] = (),
    batch: int | None = None,
) -> Recording:
    """Run trials under the conditions of the configuration, and more of them, at their own step.

    A network of the structure of the run's takes the program that is compiled already. `batch`
    trials run side by side, by default as many as the configuration says.
    """
    keys = spec.simulate
    batch = keys.batch if batch is None else batch
    if isinstance(network, RateNetwork):
        return simulate_rates(network, trials, batch=batch)
    options = Circumstances.of(spec).with_conditions(*conditions).options
    return simulate(network, trials, **options, target=keys.target, batch=batch).at_step(trials.dt)
