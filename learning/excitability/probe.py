"""What the neurons of a network do before it learns, and what that says about learning.

The slope ratio is the best single sign of whether a neuron will learn: how the mean rate changes
with a constant drive, by the surrogate gradient, over the same by differences. Near 1, gradients
point where rates go; far above, as for a threshold behind a steep upswing, they do not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from spikemodes.models.networks.network import Network
from spikemodes.models.neurons.names import coded
from spikemodes.models.translation.translator import translate_neuron
from spikemodes.models.trials import Trials

from ..step.centre import AtOnset
from ..step.onset import rest_of
from ..step.reference import ReferenceBackend
from .cells import UncoupledCells
from .gain import LADDER, gain_of

SLOPE_RATIOS = 0.3, 3.0
"""Between these, gradients are of the size of the rates' own changes; all neurons that learned
selective integration lay between 0.4 and 1.6."""
SILENT, SATURATED = 0.5, 0.5
"""Share of cells without a spike, and of the highest rate there can be, that are worth a word."""
_FINE, _LEVELS = 16, 21


@dataclass(frozen=True)
class Probe:
    """Neurons on their own, before learning.

    Parameters
    ----------
    neuron
        Name of the model.
    gain, bias
        Of its inputs, see `MatchedGain`.
    variable, unit
        What the threshold reads, and the SI unit of its values here.
    rest
        Its value without input.
    onset, threshold
        From where on it spikes by itself, and where the spike counts; the same for a neuron without
        upswing. ``None`` where spikes depend on more than this variable.
    rheobase
        Weakest constant drive, in units of W_in·x, that makes it fire; ``None`` if none does.
    spread
        Standard deviation of the drive in the task's trials.
    drives, rates
        f-I curve: constant drives, and the mean rate in the duration of a trial [Hz].
    rate, highest
        Mean rate in the task's trials, and that of a cell which spikes as often as it can [Hz].
    silent
        Share of cells that do not fire in them.
    slope, slope_by_differences
        d(mean rate)/d(constant drive) in the task's trials [Hz], by the surrogate gradient and by
        differences.
    """

    neuron: str
    gain: float
    bias: float
    variable: str
    unit: str
    rest: float
    onset: float | None
    threshold: float | None
    rheobase: float | None
    spread: float
    drives: Float[np.ndarray, " L"]
    rates: Float[np.ndarray, " L"]
    rate: float
    highest: float
    silent: float
    slope: float
    slope_by_differences: float

    @property
    def slope_ratio(self) -> float | None:
        """`slope` over `slope_by_differences`; ``None`` where rates do not change."""
        if not self.slope_by_differences:
            return None
        return self.slope / self.slope_by_differences

    @property
    def warnings(self) -> Iterator[str]:
        """Say what will keep the network from learning, and what to change."""
        drive = f"the drive has a standard deviation of {self.spread:.3g}"
        reach = (
            f"{drive}; no constant drive up to {LADDER[-1]:g} makes it fire"
            if self.rheobase is None
            else f"{drive}, rheobase is {self.rheobase:.3g}"
        )
        if self.silent > SILENT:
            yield (
                f"{self.silent:.0%} of the {self.neuron} cells are silent in the task's trials"
                f" ({reach}): set `input_gain` to matched, or raise it"
            )
        if self.rate > SATURATED * self.highest:
            yield (
                f"the {self.neuron} cells fire at {self.rate:.0f} Hz of the {self.highest:.0f} Hz"
                f" that they can ({reach}): set `input_gain` to matched, or lower it"
            )
        low, high = SLOPE_RATIOS
        ratio = self.slope_ratio
        if ratio is None:
            yield f"a constant drive does not change the rate of the {self.neuron} cells ({reach})"
        elif not low <= ratio <= high:
            yield (
                f"the surrogate gradient of the {self.neuron} cells is {ratio:.2g} times what their"
                f" rates do ({self.slope:.3g} Hz for {self.slope_by_differences:.3g} Hz per unit of"
                f" drive; it should be {low:g} to {high:g} times): learning will be"
                f" {'slow' if 0 <= ratio < low else 'unstable'}. Leave `centre` and `capped` as by"
                " default, or soften what is steep in the equations"
            )


def probe(network: Network, trials: Trials, **twin) -> Probe:
    """Measure the uncoupled cells of a network in some of the task's trials.

    Parameters
    ----------
    network
        Before learning.
    trials
        A few of the task's, see `TRIALS`.
    twin
        How spikes pass gradients: `TrainingOptions.of_twin`.
    """
    program = translate_neuron(network.neuron, network.dt)
    cells = UncoupledCells(network, trials, **twin)
    dt, name = float(network.dt), program.watched[0] if program.watched else program.variables[0]
    gain, bias = gain_of(network.neuron)
    rest = rest_of(program, dt)
    step = ReferenceBackend(cells.twin.model)
    onset = threshold = None
    if len(program.watched) == 1:
        value = rest[coded(name)]
        way = -float(step.distance(rest, step.values(value)[0]).mean())
        threshold = float(value.mean()) + way
        centre = AtOnset().of(program, dt)
        onset = threshold - (centre.below if centre else 0.0)
    rates = cells.rates([1.0], [0.0])[0]
    rheobase, drives, curve = _curve(cells)
    slope, by_differences = cells.slopes()
    return Probe(
        neuron=network.neuron.name,
        gain=gain,
        bias=bias,
        variable=name,
        unit=program.units[coded(name)],
        rest=float(rest[coded(name)].mean()),
        onset=onset,
        threshold=threshold,
        rheobase=rheobase,
        spread=cells.spread,
        drives=drives,
        rates=curve,
        rate=float(rates.mean()),
        highest=1 / (program.fewest_steps * dt),
        silent=float((rates == 0).mean()),
        slope=slope,
        slope_by_differences=by_differences,
    )


def _curve(
    cells: UncoupledCells,
) -> tuple[float | None, Float[np.ndarray, " L"], Float[np.ndarray, " L"]]:
    """Rheobase, and the f-I curve up to four times it."""

    def rates(drives: np.ndarray) -> np.ndarray:
        return cells.rates(np.zeros(len(drives)), drives, constant=True).mean(axis=1)

    fires = rates(LADDER) > 0
    if not fires.any():
        return None, LADDER, np.zeros(len(LADDER))
    first = int(np.argmax(fires))
    rungs = np.linspace(LADDER[first - 1] if first else 0.0, LADDER[first], _FINE)
    found = rates(rungs) > 0
    rheobase = float(rungs[int(np.argmax(found))]) if found.any() else float(LADDER[first])
    drives = np.linspace(0, max(4 * rheobase, 1.2 * cells.spread), _LEVELS)
    return rheobase, drives, rates(drives)
