"""Which conditions of a stress test fit a network, found out before anything runs."""

from collections.abc import Mapping
from dataclasses import dataclass

from spikemodes.models.conditions.condition import UnfitError
from spikemodes.models.networks.network import Network, require_step
from spikemodes.models.neurons.neuron import require_whole_period

from ..pipeline.circumstances import UNDISTURBED, Circumstances
from .cells import Level, levels_of
from .sweeps import AnySweep


@dataclass(frozen=True)
class Fit:
    """Sweeps of conditions that a network can be put under, and why others are left out.

    Parameters
    ----------
    sweeps
        By condition, their levels those that fit.
    left_out
        Reasons by condition, or by condition and level.
    """

    sweeps: Mapping[str, AnySweep]
    left_out: Mapping[str, str]

    def cells(self, draws: int) -> list[Level]:
        """All levels of all conditions, those that are drawn in so many draws."""
        return [
            cell for name, sweep in self.sweeps.items() for cell in levels_of(name, sweep, draws)
        ]

    def require_some(self) -> "Fit":
        """Give it back. Raises `ValueError` with the first reason if nothing is left."""
        if not self.sweeps:
            (name, reason), *others = self.left_out.items()
            same = f" Nor does: {', '.join(other for other, _ in others)}." if others else ""
            raise ValueError(
                f"`--conditions` must name one that fits the network: {name} does not, since"
                f" {reason}.{same} Leave --conditions out to test all that do."
            )
        return self


def fitting(
    network: Network, sweeps: Mapping[str, AnySweep], there: Circumstances = UNDISTURBED
) -> Fit:
    """Try each condition on the network, which runs under the conditions of `there` already."""
    fit, left_out = {}, {}
    for name, sweep in sweeps.items():
        unfit: dict[float, str] = {}
        for value in sweep.values:
            if reason := _obstacle(network, there.with_conditions(*sweep.at(value))):
                unfit[value] = reason
        values = tuple(value for value in sweep.values if value not in unfit)
        if unfit and set(values) <= {sweep.undisturbed}:
            left_out[name] = next(iter(unfit.values()))
        elif reason := _mistake(network, there.with_conditions(*sweep.at(values[-1]))):
            left_out[name] = reason
        else:
            fit[name] = sweep.fitting(values)
            for value, reason in unfit.items():
                left_out[f"{name} at {sweep.named(value)}"] = reason
    return Fit(fit, left_out)


def _obstacle(network: Network, there: Circumstances) -> str:
    """Say why a network cannot be put under conditions, ``""`` if it can."""
    try:
        circuit = there.circuit(network)
        require_step(circuit.network, network.dt, circuit.dt)
        neuron = circuit.network.neuron
        require_whole_period(neuron, circuit.dt, neuron.period)
    except UnfitError as error:
        return error.reason
    except ValueError as error:
        return _clause(error)
    return ""


def _mistake(network: Network, there: Circumstances) -> str:
    """Say why its neuron cannot be translated, which takes longest and is the same at any level."""
    try:
        there.circuit(network).neuron_program  # noqa: B018  (translated where it is asked for)
    except ValueError as error:
        return _clause(error)
    return ""


def _clause(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
