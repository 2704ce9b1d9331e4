"""Areas of cortex with which a network is compared: ranges, each with the source that gives it.

A range has two ends, both from sources whose numbers were read, in the words quoted. A row of an
area without one stands with its value, and says that there is no range.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scipy.special import gamma


@dataclass(frozen=True)
class Reported:
    """What was found in cortex.

    Parameters
    ----------
    low, high
        Ends of the range, in the unit of the row; NaN where the source gives no number.
    source
        Authors, journal, volume, first page and year.
    what
        How the source puts it, and of which area, species and state.
    basis
        What the range is where the source does not give it as such, of that area: ``derived`` from
        other numbers, or ``borrowed`` from other areas or species.
    """

    low: float
    high: float
    source: str
    what: str
    basis: str = ""

    @property
    def lacks(self) -> str:
        """Why this is no range to judge by, ``""`` if it is one."""
        if not self.source.strip():
            return "no source gives one"
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            return "the source does not give two ends"
        return ""

    @property
    def range(self) -> str:
        """The range as text, or why there is none."""
        return f"no range: {self.lacks}" if self.lacks else f"{self.low:.3g} to {self.high:.3g}"


@dataclass(frozen=True)
class Area:
    """An area of cortex.

    Parameters
    ----------
    name
        As a configuration names it.
    description
        For people.
    ranges
        What was reported of it, by the name of the row.
    caution
        What of the ranges is not of that area.
    """

    name: str
    description: str
    ranges: Mapping[str, Reported]
    caution: str = ""


UNREPORTED = Reported(math.nan, math.nan, "", "no source with a number was read for this area")

# Of a gamma process of order k, Lv is 3/(2k + 1), CV is k^-1/2, and CV2 the mean of 2|2B - 1| for
# B from Beta(k, k). Lv of 0.5 and 1.5 are k of 2.5 and 0.5.
_REGULAR, _BURSTY = 2.5, 0.5
_LOCAL = (
    "15 areas of awake macaques, prefrontal ones among them: 'representative neurons with an LvR"
    " of 0.5, 1.0, and 1.5'. Derived, not reported: the {} of gamma processes with Lv of 0.5 and"
    " 1.5, their intervals long beside the refractory constant. Of prefrontal neurons in the delay"
    " of memory tasks Barbieri & Brunel, Front. Neurosci. 2, 114 (2008) say 'an average CV larger"
    " than 1'"
)
_SHINOMOTO = "Shinomoto et al., PLoS Comput. Biol. 5, e1000433 (2009), figure 3"


def _cv2(order: float) -> float:
    return float(2 * gamma(order + 0.5) / (math.sqrt(math.pi) * gamma(order + 1)))


MACAQUE_PREFRONTAL = Area(
    "macaque-prefrontal",
    "prefrontal cortex of awake macaques",
    {
        "CV of interspike intervals": Reported(
            _REGULAR**-0.5, _BURSTY**-0.5, _SHINOMOTO, _LOCAL.format("CV"), "derived"
        ),
        "CV2 of interspike intervals": Reported(
            _cv2(_REGULAR), _cv2(_BURSTY), _SHINOMOTO, _LOCAL.format("CV2"), "derived"
        ),
        "Fano factor in 100 ms": Reported(
            0.75,
            1.85,
            "Shadlen & Newsome, J. Neurosci. 18, 3870 (1998), table 1; Conen & Padoa-Schioppa,"
            " J. Neurophysiol. 114, 1367 (2015)",
            "'Variance ∼1–1.5 times the mean count' in visual cortex of macaques, variability that"
            " 'appears to be conserved over large regions of the cerebral cortex'; orbitofrontal"
            " cortex in an economic choice, 'mean(Fano factor) = 1.8'. Ends to half of the last"
            " step printed: ∼1 by halves is 0.75 or more, 1.8 is 1.85 or less",
            "borrowed",
        ),
        "correlation of spike counts in 500 ms": Reported(
            0.035,
            0.135,
            "Vision Sciences Society, J. Vis., abstract 2139524",
            "20 single units in dorsolateral prefrontal cortex (area 8) of two macaques in a memory"
            " task: 'higher during the delay period (r = 0.13) than during the stimulus"
            " presentation period (r = 0.04)', in about 500 ms; ends to half of the last digit. A"
            " row of coupling, not of single neurons: independent ones, such as Poisson neurons,"
            " have 0 and are outside, as they should be. In visual cortex of macaques estimates are"
            " 'diverse, ranging from 0.01 to 0.4' (Ecker et al., Neuron 82, 235, 2014)",
        ),
        "share of inhibitory neurons": Reported(
            0.164,
            0.26,
            "Hornung & De Tribolet, Anat. Embryol. 189, 139 (1994)",
            "frontal cortex, of humans, '21.2% +/- 4.8% of all cortical neurons', with"
            " 'similarities among primate brains'",
            "borrowed",
        ),
    },
    "Few of the ranges are of that area: those of CV and CV2 are derived from single neurons of 15"
    " areas, that of the Fano factor is borrowed from visual and orbitofrontal cortex, that of the"
    " share of inhibitory neurons from humans. Only the correlation was measured there, in 20 units"
    " of one abstract.",
)

RODENT_SENSORY = Area(
    "rodent-sensory",
    "primary sensory cortex of rats and mice",
    {
        "median firing rate, excitatory neurons": Reported(
            1.0,
            10.0,
            "Vijayan et al., J. Neurophysiol. 103, 2074 (2010)",
            "regular-spiking units of barrel cortex in behaving rats: 'the majority of RSUs [...]"
            " fired at rates significantly >1 Hz, with 27.4% showing rates above 10 Hz during cue"
            " interaction', so that the median lies between",
            "derived",
        ),
        "median firing rate, inhibitory neurons": Reported(
            1.0,
            math.nan,
            "Vijayan et al., J. Neurophysiol. 103, 2074 (2010)",
            "barrel cortex of behaving rats: '100% of the FSUs fired well above 1 Hz'",
        ),
        "share of neurons above 20 Hz": Reported(
            math.nan,
            0.05,
            "Hromádka et al., PLoS Biol. 6, e16 (2008)",
            "auditory cortex of awake rats: 'high firing rates (>20 spikes/second) in less than 5%"
            " of neurons at any instant'; silence would pass",
        ),
        "skewness of log rate": Reported(
            math.nan,
            math.nan,
            "Hromádka et al., PLoS Biol. 6, e16 (2008)",
            "auditory cortex of awake rats: 'well described by a lognormal distribution', whose"
            " log rate has no skewness",
        ),
        "CV of interspike intervals": Reported(
            math.nan,
            math.nan,
            "Mochizuki et al., J. Neurosci. 36, 5736 (2016)",
            "mice, rats, cats and monkeys: 'nearly random in visual and prefrontal/medial"
            " prefrontal cortical areas'",
        ),
        "Fano factor in 100 ms": Reported(
            0.0,
            math.nan,
            "DeWeese et al., J. Neurosci. 23, 7940 (2003)",
            "auditory cortex of anaesthetised rats, tones: 'the lowest trial-to-trial variability"
            " mathematically possible for responses of a given firing rate'",
        ),
        "correlation of spike counts in 500 ms": Reported(
            math.nan,
            0.185,
            "Denman & Contreras, Cereb. Cortex 24, 2707 (2014); Renart et al., Science 327, 587"
            " (2010)",
            "primary visual cortex of mice: 'nonzero correlated variability in both the"
            " anesthetized (0.16) and awake states (0.18)', the end to half of the last digit; but"
            " rodent neocortex in vivo: 'Near-zero mean correlations', without a number that was"
            " read, so that there is no lower end",
        ),
        "share of inhibitory neurons": Reported(
            0.115,
            0.23,
            "Meyer et al., PNAS 108, 16807 (2011)",
            "columns of barrel cortex of rats: '~2,200 INs (11.5 of ~19,000 neurons), almost a"
            " factor of 2 less than previously estimated', the percentage and twice as much",
            "derived",
        ),
        "connected pairs, excitatory to excitatory": Reported(
            0.015,
            0.087,
            "Nicoll & Blakemore, Neural Comput. 5, 665 (1993)",
            "pyramidal cells in slices of rat visual cortex no farther than 300 µm apart: 4 of 270"
            " pairs in layer 5, 48 of 549 in layer 2/3 (read in a summary of the paper)",
        ),
        "connected pairs, excitatory to inhibitory": Reported(
            0.053,
            0.147,
            "Jiang et al., Science 350, aac9462 (2015), figure 5",
            "slices of visual cortex of adult mice: 'Pyramidal cells provided input to PTIs in"
            " 14.7% (61/415 [...] from L23Pyr) and 5.3% (27/505, from L5Pyr)', PTI being"
            " interneurons that project to pyramidal cells",
        ),
        "connected pairs, inhibitory to inhibitory": Reported(
            0.032,
            0.442,
            "Jiang et al., Science 350, aac9462 (2015), figure 5",
            "slices of visual cortex of adult mice: 'self-connections of PTI occurs in 44.2%"
            " (257/582 [...]), whereas self-inhibition between ISIs occurs only in 3.2% (3/95)'",
        ),
        "synapses with half the weight, excitatory to excitatory": Reported(
            math.nan,
            math.nan,
            "Cossell et al., Nature 518, 399 (2015)",
            "layer 2/3 of mouse visual cortex: 'each neuron receives the majority of its local"
            " excitation from a small number of strong inputs'",
        ),
    },
)

AREAS: dict[str, Area] = {area.name: area for area in (MACAQUE_PREFRONTAL, RODENT_SENSORY)}
"""Add an entry to compare with an area of your own."""
