"""The activity of neurons that questions are asked of: rates in short bins."""

from dataclasses import dataclass, replace

import numpy as np
from brian2 import ms
from jaxtyping import Float, Int
from spikemodes.analysis.firing import single_trial_rates
from spikemodes.analysis.manifold.dimensions import principal_components
from spikemodes.models.networks.network import Network, TraceReadout
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.networks.storage import AnyNetwork
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..config.spec import Spec
from ..pipeline.answering import answer

BIN = 10 * ms
SMOOTHING = 30 * ms
"""Time constant of the filter of spike trains, that of synapses by default, for any network alike.

It looks back alone: a kernel with two sides would show a stimulus before its onset.
"""

_MOST_TRIALS = 200
_MOST_BINS = 2000
_MOST_VALUES = 20_000_000  # 80 MB, and a few times that while it is analysed


@dataclass(frozen=True, eq=False)
class Activity:
    """Activity of N neurons in the first B trials of a recording, in K bins of one width.

    Parameters
    ----------
    rates
        Spikes in bins, filtered by an exponential of 30 ms [Hz], or mean rates f(x) of a network
        of rates (K × B × N).
    steps_each
        Steps of the trial in a bin.
    width
        Of a bin [s].
    unit
        Of the rates.
    """

    rates: Float[np.ndarray, "K B N"]
    steps_each: int
    width: float
    unit: str

    @property
    def n_trials(self) -> int:
        """B."""
        return self.rates.shape[1]

    @property
    def times(self) -> Float[np.ndarray, " K"]:
        """Centre of each bin [s]."""
        return (np.arange(len(self.rates)) + 0.5) * self.width

    @property
    def varies(self) -> bool:
        """Whether anything changes at all."""
        return bool(np.ptp(self.rates, axis=(0, 1)).max() > 0)

    def sparser(self, most: int) -> "Activity":
        """Every few bins of it, so that at most `most` are left."""
        stride = -(-len(self.rates) // most)
        kept = self.rates[stride // 2 :: stride]
        return replace(
            self, rates=kept, steps_each=self.steps_each * stride, width=self.width * stride
        )

    def reduced(self, n: int) -> Float[np.ndarray, "K B P"]:
        """Coordinates along the first n principal components, fewer where there are not as many."""
        n = min(n, self.rates.shape[2], self.rates[..., 0].size)
        return principal_components(self.rates, n).project(self.rates)

    def at_end(self, stops: Int[np.ndarray, " B"], duration: float) -> Float[np.ndarray, "B N"]:
        """Average over the last bins before the step at which each trial ends."""
        last = np.clip(stops[: self.n_trials] // self.steps_each, 1, len(self.rates))
        return last_of(self.rates, last, max(1, round(duration / self.width))).mean(axis=0)


def last_of(
    courses: Float[np.ndarray, "T B P"], stops: Int[np.ndarray, " B"], n: int
) -> Float[np.ndarray, "n B P"]:
    """Give the n steps before each trial's stop, fewer where a trial is shorter than that."""
    n = min(n, int(stops.min()))
    steps = stops - n + np.arange(n)[:, None]
    return courses[steps, np.arange(len(stops))]


def activity_of(spec: Spec, network: AnyNetwork, recording: Recording, trials: Trials) -> Activity:
    """Give the rates of all neurons: those of spikes recorded, or those of units run again."""
    dt, n_steps, n_neurons = float(trials.dt), trials.n_steps, network.n_neurons
    n_bins = max(1, min(_MOST_BINS, n_steps, round(n_steps * dt / float(BIN))))
    steps_each = n_steps // n_bins
    n_bins = n_steps // steps_each
    values = n_neurons * (n_bins if isinstance(network, Network) else n_steps)
    n_trials = min(trials.n_trials, _MOST_TRIALS, max(1, _MOST_VALUES // values))
    if isinstance(network, RateNetwork):
        rates = _rates_of_units(spec, network, trials.subset(slice(0, n_trials)))
        rates = rates[: n_bins * steps_each].reshape(n_bins, steps_each, n_trials, -1).mean(axis=1)
    else:
        rates = single_trial_rates(
            recording.spikes[recording.spikes[:, 1] < n_trials],
            n_neurons=n_neurons,
            n_trials=n_trials,
            n_steps=n_steps,
            dt=dt,
            n_bins=n_bins,
            tau=float(SMOOTHING),
        )
    unit = "Hz" if isinstance(network, Network) else "f(x)"
    return Activity(rates.astype(np.float32), steps_each, steps_each * dt, unit)


def _rates_of_units(spec: Spec, network: RateNetwork, trials: Trials) -> Float[np.ndarray, "T B N"]:
    """Run the trials with every unit read out, which does not feed back."""
    seen = replace(network, W_out=np.eye(network.n_neurons), readout=TraceReadout())
    return answer(spec, seen, trials).outputs
