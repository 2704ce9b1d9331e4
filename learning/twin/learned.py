"""What of a network learns: weights, and numeric parameters of its neurons and filters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from brian2 import Quantity, get_dimensions, have_same_dimensions
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.neurons.bias import BIAS, with_bias
from spikemodes.models.neurons.neuron import Dynamics, Parameter
from spikemodes.models.neurons.values import parameter_value
from spikemodes.models.quantities import shown

ALL_WEIGHTS = "weights"
OF_ALL = ("W_in", "W_out")
OF_MODES: dict[str, tuple[str, ...]] = {
    "modes": ("xi_in", "xi_out"),
    "xi_in": ("xi_in",),
    "xi_out": ("xi_out",),
    "scores": ("scores",),
}
OF_DENSE: dict[str, tuple[str, ...]] = {"W": ("W",)}
"""Names of recurrent weights, and the parameters of the twin that they stand for."""

SomeNetwork = TypeVar("SomeNetwork", bound=Network | RateNetwork)


@dataclass(frozen=True)
class Learned:
    """Something that learns: weights, or a numeric parameter of the neurons or the filters.

    Parameters
    ----------
    name
        ``weights`` for all of them, or ``W_in``, ``W_out``, ``modes`` (``xi_in`` and ``xi_out``),
        ``scores``, ``W`` for dense weights; ``neuron.NAME`` or ``filter.NAME`` for a parameter,
        such as ``neuron.tau_mem``; or ``bias``, a constant drive of each neuron, of 0 at the start
        unless the equations have a parameter ``bias``.
    bounds
        Between which a parameter stays, in its unit; quantities or text. By default a tenth of its
        value at the start and ten times that, for positive ones; -1 and 1 for a bias of 0, in
        units of what W_in makes of the inputs.
    each
        Whether each neuron, or the filter of each, learns a value of its own. It does so in any
        case where the values differ at the start.

    Raises
    ------
    ValueError
        For bounds in the wrong order, of different units, or of weights.

    Examples
    --------
    >>> Learned("neuron.tau_mem", bounds=("5 ms", "100 ms"), each=True).owner
    'neuron'
    """

    name: str
    bounds: tuple[Parameter, Parameter] | None = None
    each: bool = False

    def __post_init__(self) -> None:
        if self.name == BIAS:
            object.__setattr__(self, "name", f"neuron.{BIAS}")
            object.__setattr__(self, "each", True)
        if self.owner not in ("neuron", "filter") and (self.bounds is not None or self.each):
            raise ValueError(
                f"`learn` must give bounds or values for each neuron to parameters alone: got some"
                f" for {self.name}. Leave them out."
            )
        if self.bounds is None:
            return
        given = f"`learn`: the bounds of {self.name}"
        if isinstance(self.bounds, str) or len(self.bounds) != 2:
            raise ValueError(f"{given} must be two values, lower and upper: got {self.bounds!r}.")
        low, high = (parameter_value(end, f"learn.{self.name}.bounds") for end in self.bounds)
        if not have_same_dimensions(low, high):
            raise ValueError(f"{given} must have one unit: got {shown(low)} and {shown(high)}.")
        single = np.ndim(low) == np.ndim(high) == 0
        if not single or not -np.inf < float(low) < float(high) < np.inf:
            raise ValueError(
                f"{given} must be in order, the lower one first: got {shown(low)} and"
                f" {shown(high)}. Exchange them."
            )
        object.__setattr__(self, "bounds", (low, high))

    @property
    def owner(self) -> str:
        """``neuron`` or ``filter`` for a parameter, ``""`` for weights."""
        return self.name.partition(".")[0] if "." in self.name else ""

    @property
    def parameter(self) -> str:
        """The parameter's name in the text of its owner."""
        return self.name.partition(".")[2]


EVERY_WEIGHT = (Learned(ALL_WEIGHTS),)
"""What learns unless something else is said."""


def learned_weights(learn: Iterable[Learned], network: Network | RateNetwork) -> frozenset[str]:
    """Name the weights that learn, as the twin calls them.

    Raises `ValueError` for weights that the network does not have.
    """
    recurrent = OF_MODES if isinstance(network.recurrence, Modes) else OF_DENSE
    known: dict[str, tuple[str, ...]] = {name: (name,) for name in OF_ALL} | recurrent
    known[ALL_WEIGHTS] = tuple(part for parts in known.values() for part in parts)
    chosen = set[str]()
    for learned in learn:
        if learned.owner:
            continue
        if learned.name not in known:
            raise ValueError(
                f"`learn` must name weights that the network has, {', '.join(known)}, or parameters"
                f" such as neuron.tau_mem: got {learned.name}."
            )
        chosen.update(known[learned.name])
    return frozenset(chosen)


def with_own_values(network: SomeNetwork, learn: Sequence[Learned]) -> SomeNetwork:
    """Give each neuron a value of its own of the parameters that are to learn so.

    Raises `ValueError` where filters belong to modes, or a parameter does not exist.
    """
    for learned in learn:
        if not (learned.owner and learned.each):
            continue
        network = _with_bias(network) if learned.name == f"neuron.{BIAS}" else network
        model = owner_of(learned, network)
        assert isinstance(network, Network)
        if learned.owner == "filter" and isinstance(network.main.connectivity, Modes):
            raise ValueError(
                f"`learn` must have one {learned.name} for all filters where neurons are driven"
                " through modes: their filters belong to modes, not to neurons. Leave `each` out,"
                " or learn dense weights."
            )
        value = model.parameters[learned.parameter]
        if not np.ndim(value):
            own = Quantity(np.full(network.n_neurons, float(value)), dim=get_dimensions(value))
            model = model.with_parameters(**{learned.parameter: own})
            network = replace(network, **{learned.owner: model})
    return network


def _with_bias(network: SomeNetwork) -> SomeNetwork:
    if isinstance(network, RateNetwork) or BIAS in network.neuron.parameters:
        return network
    return replace(network, neuron=with_bias(network.neuron, 0.0))


def owner_of(learned: Learned, network: Network | RateNetwork) -> Dynamics:
    """Give the neuron or the filter that has the parameter; raises `ValueError` if none has."""
    if isinstance(network, RateNetwork):
        raise ValueError(
            f"`learn` must be weights for a network of rates: got {learned.name}. Rate neurons"
            " learn time constants by the method kim-2019."
        )
    models: dict[str, Dynamics] = {"neuron": network.neuron, "filter": network.filter}
    model = models.get(learned.owner)
    if model is None or learned.parameter not in model.parameters:
        have = "; ".join(
            f"{owner}.{', '.join(m.parameters)} ({m.name})" for owner, m in models.items()
        )
        raise ValueError(
            f"`learn` must name a parameter that the equations have: got {learned.name}. There are"
            f" {have}."
        )
    return model
