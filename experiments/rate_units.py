"""A rate neuron as a configuration names it."""

from brian2 import Quantity, ms
from spikemodes.models.networks.rate_network import RateUnit
from spikemodes.models.networks.transfer import TRANSFERS, Tanh


def rate_unit(tau_mem: Quantity = 20 * ms, transfer: str = Tanh.name) -> RateUnit:
    """Build a rate neuron. Raises `ValueError` for an unknown transfer function."""
    if transfer not in TRANSFERS:
        raise ValueError(f"`transfer` must be one of {', '.join(TRANSFERS)}: got {transfer!r}.")
    return RateUnit(tau_mem, TRANSFERS[transfer])
