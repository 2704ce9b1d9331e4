"""Whether activity is tangled: like states that are followed by unlike ones."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.manifold.dimensions import principal_components
from spikemodes.analysis.manifold.tangling import tangling

from .activity import Activity
from .dimensions import mean_courses
from .question import Answer, Question, Subject

_COMPONENTS = 8  # as in the published code
_SOFTENED = 5.0  # Hz, added to the range that a neuron's rate is divided by, as there
_MOST_POINTS = 2000


@dataclass(frozen=True)
class Tangled:
    """Q over all times and conditions [1/s²]: its median, and what 10 % of the times exceed."""

    median: float
    high: float


@dataclass(frozen=True)
class Tangling:
    """Tangling of the mean course of each condition.

    Parameters
    ----------
    activity
        Of the neurons, along eight principal components.
    outputs
        Of the outputs, in the same bins; ``None`` where there is no trace of them.
    share_below
        Share of the times at which activity is less tangled than outputs.
    """

    activity: Tangled
    outputs: Tangled | None
    share_below: float | None


def tangled(subject: Subject) -> Answer:
    """Measure the tangling of activity beside that of the outputs it drives."""
    activity = subject.activity
    means = mean_courses(subject, activity)
    # long trials are thinned, so that all pairs of times can be compared
    stride = -(-means[..., 0].size // _MOST_POINTS)
    q = tangling(_reduced(means, activity)[::stride], activity.width * stride)
    arrays = {"activity": q, "times": activity.times[::stride]}
    outputs = _outputs(subject, activity)
    if outputs is None:
        return Answer(Tangling(_summed(q), None, None), arrays)
    of_outputs = tangling(outputs[::stride], activity.width * stride)
    numbers = Tangling(_summed(q), _summed(of_outputs), float(np.mean(q < of_outputs)))
    return Answer(numbers, {**arrays, "outputs": of_outputs})


def _reduced(means: Float[np.ndarray, "K C N"], activity: Activity) -> Float[np.ndarray, "K C P"]:
    extent = np.ptp(means, axis=(0, 1))
    softened = _SOFTENED if activity.unit == "Hz" else 0.05 * max(float(extent.max()), 1e-300)
    normalised = means / (extent + softened)
    n = min(_COMPONENTS, means.shape[2], means[..., 0].size)
    return principal_components(normalised, n).project(normalised)


def _outputs(subject: Subject, activity: Activity) -> Float[np.ndarray, "K C O"] | None:
    """Give the mean course of the outputs in each condition, in the bins of activity."""
    outputs = subject.recording.outputs
    if outputs.ndim != 3:
        return None
    n_bins, each = len(activity.rates), activity.steps_each
    trace = outputs[: n_bins * each, : activity.n_trials].astype(float)
    binned = trace.reshape(n_bins, each, *trace.shape[1:]).mean(axis=1)
    as_rates = Activity(binned, each, activity.width, "")
    return mean_courses(subject, as_rates)


def _summed(q: np.ndarray) -> Tangled:
    return Tangled(float(np.median(q)), float(np.quantile(q, 0.9)))


TANGLING = Question("tangling", "tangling", tangled)
