"""What a run has found, in numbers: the parts of its ``summary.json``, a field for each key."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from spikemodes.learning.twin.bounds import ParameterCourse

from .performance import Controls, Generation, Integration, Performance
from .plain import INLINE, from_plain, to_plain

FORMAT = 1
"""Of the file: raised when what stands in it is no longer what older versions take it for."""


@dataclass(frozen=True)
class NetworkSize:
    """How large a network is; `modes` is ``None`` for one without."""

    neurons: int
    modes: int | None
    inputs: int
    outputs: int
    trainable_parameters: int


@dataclass(frozen=True)
class Training:
    """How training went; `found` is what the method has found besides.

    `learned` are the parameters of neurons and filters that learned, by name.
    """

    method: str
    steps: int
    seconds: float
    peak_memory_mb: float
    final_loss: float | None
    found: Mapping[str, Any] = field(metadata=INLINE)
    warnings: tuple[str, ...] = ()
    learned: Mapping[str, ParameterCourse] | None = None


@dataclass(frozen=True)
class Start:
    """The neurons before learning, on their own in a few of the task's trials.

    Parameters
    ----------
    input_gain, input_bias
        Of their inputs: a factor and a constant drive.
    rate_hz, silent
        Mean rate, and the share of cells that do not fire.
    slope_ratio
        How the rate changes with a constant drive by the surrogate gradient, over how it does.
    variable, unit, rest, onset, threshold
        What the threshold reads, its unit, and its values without input, where spikes begin, and
        where they are counted; ``None`` for what is not one value.
    rheobase, drive
        The weakest constant drive that makes a cell fire, and the standard deviation of the drive.
    curve
        The f-I curve: constant drives and rates [Hz].
    warnings
        What will keep the network from learning.
    """

    input_gain: float
    input_bias: float
    rate_hz: float
    silent: float
    slope_ratio: float | None
    variable: str
    unit: str
    rest: float
    onset: float | None
    threshold: float | None
    rheobase: float | None
    drive: float
    curve: Mapping[str, Sequence[float]]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Brian2Performance:
    """How well Brian2 answered, and how far it agrees with the twin; see `Validation`."""

    target: str
    recurrence: str
    performance: Performance = field(metadata=INLINE)
    spike_match: float | None
    identical_trials: int | None
    first_divergence: Mapping[str, Any] | None
    max_output_difference: float | None
    own_equations: Mapping[str, int] | None
    compile_seconds: float | None
    simulate_seconds: float
    push_seconds: float | None
    not_compared: str | None = None
    silenced: str | None = None


@dataclass(frozen=True)
class FinePerformance:
    """How well the continuous form answered at a finer step."""

    dt_ms: float
    performance: Performance = field(metadata=INLINE)


@dataclass(frozen=True)
class BothWays:
    """A network without conditions, and under them."""

    undisturbed: Performance
    under_conditions: Performance


@dataclass(frozen=True)
class Retraining:
    """A network before and after it learned on under conditions."""

    conditions: tuple[Mapping[str, Any], ...]
    before: BothWays
    after: BothWays


@dataclass(frozen=True)
class Energy:
    """What a trial costs.

    Parameters
    ----------
    spikes_per_trial, synaptic_operations_per_trial
        Spikes, and how often one reaches a synapse of W.
    mode_operations_per_trial, mode_updates_per_trial
        Operations through the modes: of spikes into them, and from them to all neurons in every
        step. ``None`` where no spike goes that way; older versions did not count the latter.
    """

    spikes_per_trial: float
    synaptic_operations_per_trial: float
    mode_operations_per_trial: float | None
    mode_updates_per_trial: float | None = None


@dataclass(frozen=True)
class Statistic:
    """A statistic beside the range reported for cortex, from `low` to `high`.

    ``None`` for a number that is not known; `reason` says why there is no verdict.
    """

    unit: str
    value: float | None
    low: float | None
    high: float | None
    verdict: str
    interval_low: float | None = None
    interval_high: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Verdicts:
    """Which statistics were found to be what, by name; those without a range are in none."""

    within: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlausibilityControls:
    """The same table for no spikes, other processes at the same rates, and permuted weights."""

    silent: Verdicts
    poisson: Verdicts
    regular: Verdicts
    shuffled: Verdicts


@dataclass(frozen=True)
class Plausibility:
    """How the network compares with one area of cortex, and how controls do.

    Older versions named no area, and took no intervals and controls.
    """

    area: str | None
    verdicts: Verdicts = field(metadata=INLINE)
    metrics: Mapping[str, Statistic]
    controls: PlausibilityControls | None = None


@dataclass(frozen=True)
class StressTest:
    """What the stress test took, and where conditions broke the network.

    Parameters
    ----------
    trials, draws
        At each level: trials, and draws of a condition that draws anything. ``None`` for a test of
        an older version, which drew once.
    halves_at, halves_within
        By condition: the level at which performance falls below half of the undisturbed one, and
        the 95 % interval over draws and trials; ``None`` for a level that is not within the sweep,
        an end ``None`` likewise.
    left_out, random
        Why conditions did not fit the network, and why level zero is not compared spike for spike.
    """

    trials: int
    seconds: float
    compilations: int
    failed: int
    left_out: Mapping[str, str]
    random: str | None
    draws: int | None = None
    halves_at: Mapping[str, float | None] | None = None
    halves_within: Mapping[str, Sequence[float | None]] | None = None


@dataclass(frozen=True)
class Return:
    """How a mode returns after a kick: kappa · exp(-t / tau) and what remains.

    Parameters
    ----------
    kappa
        The size of the kick.
    tau_ms, rest
        Fitted time constant [ms], and the share of the kick that remains; ``None`` where nothing
        can be fitted.
    filter_ms
        The time constant of the mode's filter alone, fitted likewise [ms].
    """

    kappa: float
    tau_ms: float | None
    rest: float | None
    filter_ms: float | None


@dataclass(frozen=True)
class Interventions:
    """What interventions in time did, and how well the twin's gradient foretold it.

    Parameters
    ----------
    trials, epoch
        In how many trials, and in which epoch of them, cells were driven or silenced.
    cells
        Those of the dose curve.
    performance
        Of the undisturbed network in these trials.
    predicted_sets, predicted_cells, predicted_amplitude
        Sets of how many cells, stimulated at what amplitude, whose effect was foretold.
    correlation, correlation_random
        Of the foretold and the measured change of the output over all sets, and over those drawn
        at random; ``None`` where one of both does not vary.
    returns
        After kicks, by the number of the mode, from 0.
    """

    trials: int
    epoch: str
    cells: tuple[int, ...]
    performance: float | None
    predicted_sets: int
    predicted_cells: int
    predicted_amplitude: float
    correlation: float | None
    correlation_random: float | None
    returns: Mapping[str, Return]
    seconds: float


@dataclass(frozen=True)
class Summary:
    """What the steps of a run have found so far; a part that none has found yet is ``None``.

    Parameters
    ----------
    left_out
        By the name of a part, why this network has none.
    memory, comparison
        What `spikemodes compare` measures.
    further
        What is none of these.
    """

    format: int = FORMAT
    task: str | None = None
    seed: int | None = None
    channels: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None
    network: NetworkSize | None = None
    start: Start | None = None
    training: Training | None = None
    twin: Performance | None = None
    brian2: Brian2Performance | None = None
    generation: Generation | None = None
    controls: Controls | None = None
    undisturbed: Performance | None = None
    fine: FinePerformance | None = None
    left_out: Mapping[str, str] | None = None
    retraining: Retraining | None = None
    integration: Integration | None = None
    energy: Energy | None = None
    plausibility: Plausibility | None = None
    stress: StressTest | None = None
    interventions: Interventions | None = None
    memory: Mapping[str, float] | None = None
    comparison: Mapping[str, Any] | None = None
    versions: Mapping[str, str] | None = None
    further: Mapping[str, Any] = field(default_factory=dict, metadata=INLINE)

    def plain(self) -> dict[str, Any]:
        """Give the entries of the file; what was left out is null there."""
        return {**to_plain(self), **dict.fromkeys(self.left_out or ())}

    def text(self) -> str:
        """Write the file."""
        return json.dumps(self.plain(), indent=1, ensure_ascii=False, allow_nan=False)

    @classmethod
    def of(cls, entries: Any) -> Self:
        """Read the entries of a file. Raises `ValueError` saying what is wrong with them."""
        return from_plain(cls, entries)
