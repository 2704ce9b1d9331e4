"""A network in Brian2 on which interventions are tried, and what its answers say of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from spikemodes.analysis.psychometric import fit_logistic
from spikemodes.learning.task import Task, unseen
from spikemodes.models.conditions.condition import Condition
from spikemodes.models.networks.network import Network
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..computation.changed_modes import ChangedModes
from ..config.spec import Spec
from ..cores import n_cores
from ..pipeline.circumstances import Circumstances
from ..pipeline.streams import stream
from ..tasks.registry import PsychometricTask
from .plan import answered_in

_PROGRAMS = 2  # runs of the compiled program at a time


@dataclass(frozen=True, eq=False)
class Effect:
    """What an intervention did.

    Parameters
    ----------
    performance
        NaN where the task knows none.
    output
        The first output: its mean over the answer and the trials.
    bias
        By how much the evidence seems larger than it is: bias over slope of the psychometric curve,
        in units of evidence; NaN where there is no such curve.
    spikes
        Of each cell in the epoch, all trials together (N).
    """

    performance: float
    output: float
    bias: float
    spikes: Int[np.ndarray, " N"]


@dataclass(frozen=True, eq=False)
class Laboratory:
    """A network and the trials on which interventions are tried: of graded evidence if there are.

    Parameters
    ----------
    spec, network
        A run.
    n_trials
        How many trials.
    epoch
        Steps in which spikes are counted.
    """

    spec: Spec
    network: Network
    n_trials: int
    epoch: range

    @cached_property
    def task(self) -> Task:
        """What was learned."""
        return self.spec.build_task()

    @cached_property
    def trials(self) -> Trials:
        """What is answered; easy evidence leaves an intervention nothing to decide."""
        rng = np.random.default_rng(stream(self.spec.seed, "interventions"))
        if isinstance(self.task, PsychometricTask):
            return self.task.sample_psychometric(self.n_trials, rng)
        return unseen(self.task, self.n_trials, rng)

    @property
    def there(self) -> Circumstances:
        """Under what the network runs anyway."""
        return Circumstances.of(self.spec)

    @cached_property
    def compiled(self) -> ChangedModes:
        """The network, ready to run: through the program of the validation, if it is there."""
        keys = self.spec.simulate
        return ChangedModes(
            self.network,
            self.trials,
            self.there,
            keys.target,
            min(keys.batch, keys.trials),
            min(_PROGRAMS, n_cores()),
        )

    @property
    def answer(self) -> range:
        """Steps in which the answer is read."""
        return answered_in(self.task.epochs)

    @cached_property
    def drive(self) -> float:
        """Root mean square of what inputs drive cells with in the epoch; 1 where there is none."""
        shown = self.trials.inputs[self.epoch.start : self.epoch.stop].astype(float)
        return float(np.sqrt(np.mean((shown @ self.network.W_in.T) ** 2))) or 1.0

    def under(self, interventions: Sequence[Sequence[Condition]]) -> list[Effect]:
        """Try interventions, each on the network as it was."""
        return self.compiled.under(interventions, self.effect)

    def effect(self, recording: Recording) -> Effect:
        """Say what was done to a recording."""
        outputs, answer = recording.outputs, self.answer
        read = outputs[answer.start : answer.stop] if outputs.ndim == 3 else outputs
        steps = recording.spikes[:, 0]
        within = (steps >= self.epoch.start) & (steps < self.epoch.stop)
        performance = self.task.score(outputs, self.trials).performance
        return Effect(
            performance=np.nan if performance is None else performance,
            output=float(read[..., 0].mean()),
            bias=self._bias(outputs),
            spikes=np.bincount(recording.spikes[within, 2], minlength=recording.n_neurons),
        )

    def _bias(self, outputs: Float[np.ndarray, "T B O"]) -> float:
        if not isinstance(self.task, PsychometricTask):
            return np.nan
        evidence = next(iter(self.task.evidence(self.trials).values()))
        fit = fit_logistic(evidence, self.task.choices(outputs))
        known = not fit.separated and np.isfinite(fit.slope_low) and fit.slope_low > 0
        return fit.bias / fit.slope if known else np.nan
