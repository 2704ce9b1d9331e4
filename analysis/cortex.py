"""Is it like cortex? Measured statistics beside the ranges that were reported, with citations.

Ranges are those the cited papers give; where their two ends come from two papers, both are cited.
A statistic without an agreed range says so rather than inventing one.
"""

import math
from dataclasses import dataclass

import numpy as np

from .spiking import SpikeStatistics
from .weights import WeightStatistics


@dataclass(frozen=True)
class Reported:
    """What was found in cortex.

    Parameters
    ----------
    low, high
        Ends of the range, in the unit of the metric; infinite where it is open, NaN where the
        sources give no numbers.
    source
        Authors, journal, volume, first page and year.
    what
        Of which neurons, and how it was put.
    """

    low: float
    high: float
    source: str
    what: str


@dataclass(frozen=True)
class Metric:
    """A row of the table: a statistic of the network and what was reported for cortex."""

    name: str
    unit: str
    value: float
    reported: Reported

    @property
    def verdict(self) -> str:
        """``within`` or ``outside`` the range; ``no range``; ``not measured`` for NaN."""
        low, high = self.reported.low, self.reported.high
        if math.isnan(low):
            return "no range"
        if not math.isfinite(self.value):
            return "not measured"
        return "within" if low <= self.value <= high else "outside"

    @property
    def range(self) -> str:
        """The range as text."""
        low, high = self.reported.low, self.reported.high
        if math.isnan(low):
            return "–"
        if high == math.inf:
            return f"above {low:g}"
        return f"{low:g}" if low == high else f"{low:g} to {high:g}"


RATE = Reported(
    0.0,
    60.0,
    "O'Connor et al., Neuron 67, 1048 (2010)",
    "barrel cortex of mice in a task, cell-attached: from silence to more than 60 Hz",
)
SKEWNESS = Reported(
    0.0,
    math.inf,
    "Roxin et al., J. Neurosci. 31, 16217 (2011)",
    "rates in vivo: highly skewed and long-tailed",
)
CV = Reported(
    0.5,
    1.0,
    "Softky & Koch, J. Neurosci. 13, 334 (1993)",
    "V1 and MT of awake macaques, normalised by rate; changes of the rate raise CV, see CV2",
)
CV2 = Reported(
    0.5,
    1.0,
    "Softky & Koch, J. Neurosci. 13, 334 (1993); Holt et al., J. Neurophysiol. 75, 1806 (1996)",
    "the range of the rate-normalised CV, to which CV2 comes closest; 1 for a Poisson process",
)
FANO = Reported(
    1.0,
    1.5,
    "Shadlen & Newsome, J. Neurosci. 18, 3870 (1998), table 1",
    "spike count variance over mean, visual cortex of macaques",
)
CORRELATION = Reported(
    0.01,
    0.2,
    "Ecker et al., Science 327, 584 (2010); Cohen & Kohn, Nat. Neurosci. 14, 811 (2011)",
    "count correlations: 0.01 in V1 of awake macaques, 0.1 to 0.2 in most studies of the review",
)
SYNCHRONY = Reported(
    math.nan,
    math.nan,
    "Renart et al., Science 327, 587 (2010)",
    "rodent neocortex: mean correlation near zero",
)
ACTIVE = Reported(
    0.0,
    0.05,
    "Hromádka et al., PLoS Biol. 6, e16 (2008)",
    "auditory cortex of awake rats: more than 20 Hz in less than 5 % of neurons at any instant",
)
DENSITY = Reported(
    0.116,
    0.19,
    "Song et al., PLoS Biol. 3, e68 (2005); Ko et al., Nature 473, 87 (2011)",
    "pairs of nearby pyramidal cells: 11.6 % in layer 5 of rats, 19 % in layer 2/3 of mice",
)
STRONGEST_HALF = Reported(
    0.0,
    0.175,
    "Song et al., PLoS Biol. 3, e68 (2005)",
    "its lognormal fit (variance 0.875 of log strength) puts half the strength on 17.5 %",
)
INHIBITORY = Reported(
    0.115,
    0.25,
    "Meyer et al., PNAS 108, 16807 (2011); Hendry et al., J. Neurosci. 7, 1503 (1987)",
    "11.5 % of a column in barrel cortex of rats; up to 25 % in areas of macaques",
)
ONE_SIGN = Reported(
    1.0,
    1.0,
    "Eccles et al., J. Physiol. 126, 524 (1954)",
    "Dale's principle: a neuron has one effect at all its synapses",
)
INHIBITION = Reported(
    math.nan,
    math.nan,
    "Haider et al., J. Neurosci. 26, 4535 (2006)",
    "prefrontal cortex of ferrets: inhibition proportional to excitation",
)


def plausibility(spiking: SpikeStatistics, weights: WeightStatistics) -> tuple[Metric, ...]:
    """Set statistics of a network beside what was reported for cortex.

    Of statistics that each neuron or pair has, the mean is compared, of the rates their 95 %
    quantile.
    """
    rates, fastest = spiking.rates, float(np.quantile(spiking.rates, 0.95))
    return (
        Metric("firing rate, 95 % quantile of neurons", "Hz", fastest, RATE),
        Metric("skewness of the firing rates", "", _skewness(rates), SKEWNESS),
        Metric("CV of interspike intervals", "", _mean(spiking.cv), CV),
        Metric("CV2 of interspike intervals", "", _mean(spiking.cv2), CV2),
        Metric("Fano factor of spike counts", "", _mean(spiking.fano), FANO),
        Metric("correlation of spike counts", "", _mean(spiking.correlations), CORRELATION),
        Metric("synchrony: correlation in 5 ms", "", spiking.synchrony, SYNCHRONY),
        Metric("share of neurons above 20 Hz", "", spiking.active, ACTIVE),
        Metric("inhibitory over excitatory input", "", weights.inhibition, INHIBITION),
        Metric("share of inhibitory neurons", "", weights.inhibitory, INHIBITORY),
        Metric("outgoing weight of one sign", "", weights.one_sign, ONE_SIGN),
        Metric("synapses with half the weight", "", weights.strongest_half, STRONGEST_HALF),
        Metric("connected pairs", "", weights.density, DENSITY),
    )


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan


def _skewness(values: np.ndarray) -> float:
    deviation = values - values.mean()
    variance = float(np.mean(deviation**2))
    return float(np.mean(deviation**3) / variance**1.5) if variance > 0 else math.nan
