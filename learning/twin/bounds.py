"""Parameters that learn, with the bounds between which they stay, checked before training."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import sympy
from brian2 import Quantity, get_dimensions, have_same_dimensions, second
from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.neurons.bias import BIAS
from spikemodes.models.neurons.names import coded
from spikemodes.models.neurons.neuron import Dynamics, NeuronModel, Parameter
from spikemodes.models.quantities import format_quantity, shown
from spikemodes.models.translation.functions import NUMERIC
from spikemodes.models.translation.program import StepProgram
from spikemodes.models.translation.reading import TranslationError
from spikemodes.models.translation.translator import translate, translate_neuron

from .learned import Learned, owner_of

FACTOR = 10.0
"""Default bounds of a positive parameter: so many times smaller and larger than at the start."""


@dataclass(frozen=True, eq=False)
class Bounded:
    """A parameter of a network that learns.

    Parameters
    ----------
    learned
        What was asked for.
    initial
        At the start, one value or one for each neuron, in SI units.
    low, high
        Bounds, likewise.
    dim
        Its dimension.
    """

    learned: Learned
    initial: np.ndarray
    low: float
    high: float
    dim: Dimension

    def quantity(self, value: np.ndarray | float) -> Parameter:
        """Give a value with its unit."""
        number = np.asarray(value, float)
        if self.dim is DIMENSIONLESS:
            return number if number.ndim else float(number)
        return Quantity(number, dim=self.dim)


@dataclass(frozen=True)
class ParameterCourse:
    """Where a parameter that learned began and ended.

    Parameters
    ----------
    name, unit
        Such as ``neuron.tau_mem`` and ``ms``; all values are in this unit.
    bounds
        Between which it stayed.
    initial, learned
        Means over the neurons, where they differ.
    initial_range, learned_range
        Smallest and largest value over the neurons.
    """

    name: str
    unit: str
    bounds: tuple[float, float]
    initial: float
    initial_range: tuple[float, float]
    learned: float
    learned_range: tuple[float, float]


def course_of(bounded: Bounded, network: Network | RateNetwork) -> ParameterCourse:
    """Read off a trained network what has become of a parameter."""
    asked = bounded.learned
    learned = np.asarray(owner_of(asked, network).parameters[asked.parameter], float)
    largest = bounded.quantity(float(np.abs(bounded.initial).max()) or bounded.high)
    unit = Quantity(largest).get_best_unit()

    def values(*numbers: float) -> tuple[float, ...]:
        return tuple(float(number) / float(unit) for number in numbers)

    def summary(x: np.ndarray) -> tuple[float, ...]:
        return values(x.mean(), x.min(), x.max())

    before, *before_range = summary(bounded.initial)
    after, *after_range = summary(learned)
    low, high = values(bounded.low, bounded.high)
    return ParameterCourse(
        name=asked.name,
        unit="" if unit.dim is DIMENSIONLESS else str(unit),
        bounds=(low, high),
        initial=before,
        initial_range=(before_range[0], before_range[1]),
        learned=after,
        learned_range=(after_range[0], after_range[1]),
    )


def learned_parameters(
    learn: Sequence[Learned], network: Network | RateNetwork
) -> tuple[Bounded, ...]:
    """Find the parameters that learn in a network, and check that they can.

    Raises
    ------
    ValueError
        If one does not exist or is named twice, has no default bounds, does not lie within its
        bounds, decides how many steps a neuron is refractory, or has an effect on nothing; or if
        the model cannot run at a bound.
    """
    names = [learned.name for learned in learn]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"`learn` must name everything once: got {', '.join(twice)} twice.")
    found = tuple(_bounded(learned, network) for learned in learn if learned.owner)
    if found:
        assert isinstance(network, Network)
        _require_order(found, network)
        _require_scale(found, network)
    return found


def _bounded(learned: Learned, network: Network | RateNetwork) -> Bounded:
    model = owner_of(learned, network)
    assert isinstance(network, Network)
    value = model.parameters[learned.parameter]
    dim = get_dimensions(value)
    initial = np.asarray(value, float)
    _require_effect(learned, _program(model, network))
    is_time = have_same_dimensions(value, second)
    coarse = is_time and model.method == "euler"
    dt = float(network.dt)
    if learned.bounds is None and learned.parameter == BIAS and not initial.any():
        low, high = -1.0, 1.0
    elif learned.bounds is None:
        if not (initial > 0).all():
            raise ValueError(
                f"`learn` must give bounds for {learned.name}, {shown(value)}: only positive"
                " parameters have bounds by default, a tenth and ten times. Write {name:"
                f" {learned.name}, bounds: [LOWER, UPPER]}}."
            )
        low, high = float(initial.min()) / FACTOR, float(initial.max()) * FACTOR
        low = max(low, dt) if coarse else low
    else:
        low, high = map(float, learned.bounds)
        if not have_same_dimensions(learned.bounds[0], value):
            raise ValueError(
                f"`learn` must give bounds for {learned.name} in its unit: got"
                f" {shown(learned.bounds[0])} for {shown(value)}."
            )
    bounded = Bounded(learned, initial, low, high, dim)
    ends = " and ".join(shown(bounded.quantity(end)) for end in (low, high))
    if coarse and low < dt:
        raise ValueError(
            f"`learn` must keep {learned.name} at or above the step, {shown(network.dt)}, which"
            f" Euler's method needs: got bounds of {ends}. Raise the lower one, or take the method"
            " exponential_euler."
        )
    if not ((low < initial) & (initial < high)).all():
        raise ValueError(
            f"`learn` must have {learned.name} start between its bounds: got {shown(value)}, bounds"
            f" {ends}. Change one of them."
        )
    for end in (low, high):
        at_end = bounded.quantity(np.full(initial.shape, end))
        try:
            _program(model.with_parameters(**{learned.parameter: at_end}), network)
        except TranslationError as error:
            reason = str(error).rstrip(".")
            raise ValueError(
                f"`learn` must have bounds of {learned.name} at which the model runs: at"
                f" {shown(bounded.quantity(end))} {reason}. Choose narrower `bounds`."
            ) from None
    return bounded


def _program(model: Dynamics, network: Network) -> StepProgram:
    if isinstance(model, NeuronModel):
        return translate_neuron(model, network.dt)
    return translate(model, network.dt)


def _require_effect(learned: Learned, program: StepProgram) -> None:
    folding, parameter = program.folding, coded(learned.parameter)
    silence = folding.refractoriness
    if silence is not None and sympy.Symbol(parameter, real=True) in silence.free_symbols:
        raise ValueError(
            f"`learn` must not name {learned.name}: it decides for how many steps a neuron is"
            " refractory, a whole number, which has no gradient. Leave it out."
        )
    if learned.parameter == "dt_input":
        raise ValueError("`learn` must not name dt_input: it is the step of the trials.")
    if not (folding.depending_on([parameter]) or folding.initial_depending_on([parameter])):
        raise ValueError(
            f"`learn` must name parameters that a step depends on: got {learned.name}, which"
            f" {program.name} uses in none. Leave it out."
        )


def _require_order(found: Sequence[Bounded], network: Network) -> None:
    """Raise `ValueError` if a filter could come to rise more slowly than it decays."""
    parameters, ends = network.filter.parameters, {b.learned.name: b for b in found}
    rise, decay = ends.get("filter.tau_rise"), ends.get("filter.tau_decay")
    if not {"tau_rise", "tau_decay"} <= parameters.keys() or not (rise or decay):
        return
    slowest = rise.high if rise else float(np.max(np.asarray(parameters["tau_rise"], float)))
    fastest = decay.low if decay else float(np.min(np.asarray(parameters["tau_decay"], float)))
    if slowest >= fastest:
        raise ValueError(
            "`learn` must have bounds that keep filter.tau_rise below filter.tau_decay: got"
            f" {format_quantity(slowest * second)} at most, and {format_quantity(fastest * second)}"
            " at least. Give one of them `bounds`."
        )


def _require_scale(found: Sequence[Bounded], network: Network) -> None:
    """Raise `ValueError` if `scale` is not positive where parameters are at their bounds."""
    folding = translate_neuron(network.neuron, network.dt).folding
    assert folding.scale is not None
    names = sorted(s.name for s in folding.scale.free_symbols)
    own = {coded(b.learned.parameter): b for b in found if b.learned.owner == "neuron"}
    moving = [name for name in names if name in own]
    scale = sympy.lambdify(names, folding.scale, NUMERIC)
    for corner in product(*((own[name].low, own[name].high) for name in moving)):
        values = {**folding.values, **dict(zip(moving, corner, strict=True))}
        if not (np.asarray(scale(*(values[name] for name in names))) > 0).all():
            at = ", ".join(
                f"{own[name].learned.name} = {shown(own[name].quantity(end))}"
                for name, end in zip(moving, corner, strict=True)
            )
            raise ValueError(
                f"`learn` must have bounds that keep {network.neuron.scale} positive: it is not at"
                f" {at}. Choose narrower `bounds`."
            )
