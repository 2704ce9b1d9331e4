"""Methods that follow a gradient: backpropagation, a local rule, rate networks made to spike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from spikemodes.models.networks.rate_network import RateUnit

from .method import Session, require_no_penalties

if TYPE_CHECKING:
    from spikemodes.learning.task import Task
    from spikemodes.learning.training.loop import TrainingResult
    from spikemodes.learning.training.rules import Rule

    from .config.spec import Spec


class _Gradient:
    """Adam on the gradients of a rule."""

    settings: ClassVar[Mapping[str, Any]] = {}

    def _rule(self) -> Rule:
        raise NotImplementedError

    def train(self, task: Task, spec: Spec, session: Session) -> TrainingResult:
        """See `Method`."""
        from .gradient_training import train

        return train(task, spec, self._rule(), session)


@dataclass(frozen=True)
class Bptt(_Gradient):
    """Backpropagation through time."""

    needs_targets: ClassVar[bool] = False

    def require(self, spec: Spec) -> None:
        """See `Method`."""
        if isinstance(spec.build_neuron(), RateUnit):
            _require_free_weights(spec, "rate neurons")
            require_no_penalties(spec, "rate neurons, which have no firing rate")

    def _rule(self) -> Rule:
        from spikemodes.learning.training.rules import BPTT

        return BPTT()


@dataclass(frozen=True)
class ThreeFactor(_Gradient):
    """The three-factor rule in mode space.

    Parameters
    ----------
    feedback
        How errors reach the neurons: ``symmetric``, or ``random`` with one seed for all runs.
    compare_every
        Updates between comparisons with the gradient of backpropagation; 0 compares never.
    """

    needs_targets: ClassVar[bool] = True

    feedback: str = "symmetric"
    compare_every: int = 50

    def __post_init__(self) -> None:
        if self.feedback not in ("symmetric", "random"):
            raise ValueError(f"`feedback` must be symmetric or random: got {self.feedback!r}.")
        if self.compare_every < 0:
            raise ValueError(f"`compare_every` must be 0 or more: got {self.compare_every}.")

    def require(self, spec: Spec) -> None:
        """See `Method`."""
        if isinstance(spec.build_neuron(), RateUnit):
            raise ValueError(
                "`train.method` must be bptt or force for rate neurons: got three-factor."
                " Or choose a spiking neuron."
            )
        if spec.network.parameterisation == "dense":
            raise ValueError(
                "`network.parameterisation` must have modes for the three-factor rule: got"
                " dense. Use modes, modes-full, dale or scores."
            )
        require_no_penalties(spec, "the three-factor rule, which is local")

    def _rule(self) -> Rule:
        from spikemodes.learning.three_factor import gradients as three_factor

        symmetric = self.feedback == "symmetric"
        feedback = three_factor.Symmetric() if symmetric else three_factor.RandomFeedback()
        return three_factor.ThreeFactor(feedback, self.compare_every)


@dataclass(frozen=True)
class RateToSpike:
    """A sigmoid rate network learns by backpropagation; one scale makes it spike.

    Its units have the time constant of the synaptic filter. The longer that is, and the more
    neurons a mode averages over, the less is lost to the noise of spikes.

    Parameters
    ----------
    lowest, highest, points, refinements, trials
        See `RateToSpikeOptions`.
    """

    settings: ClassVar[Mapping[str, Any]] = {
        "network": {
            "neurons": 200,
            "modes": 5,
            "neuron": {"name": "biased-lif", "v_threshold": 50.0, "bias": 50.0},
            "synapse": {"tau_decay": "100 ms"},
        },
        "train": {"updates": 200, "learning_rate": 3e-3},
    }
    needs_targets: ClassVar[bool] = False

    lowest: float = 2.0
    highest: float = 30.0
    points: int = 7
    refinements: int = 1
    trials: int = 60

    def __post_init__(self) -> None:
        from spikemodes.learning.rate_to_spike import RateToSpikeOptions

        RateToSpikeOptions(**vars(self))

    def require(self, spec: Spec) -> None:
        """See `Method`."""
        if isinstance(spec.build_neuron(), RateUnit):
            raise ValueError(
                "`network.neuron` must be the spiking one for rate-to-spike, which trains rate"
                " neurons of its own: got rate. Leave it out."
            )
        _require_free_weights(spec, "rate-to-spike")
        require_no_penalties(spec, "rate-to-spike, which trains rate neurons")

    def train(self, task: Task, spec: Spec, session: Session) -> TrainingResult:
        """See `Method`."""
        import numpy as np
        from spikemodes.learning.rate_to_spike import RateToSpikeOptions, train_rate_to_spike
        from spikemodes.models.networks.transfer import Sigmoid

        from .gradient_training import initial_rates, options_of

        neuron = spec.build_neuron()
        assert not isinstance(neuron, RateUnit)
        unit = RateUnit(spec.network.synapse.tau_decay, Sigmoid())
        return train_rate_to_spike(
            task,
            initial_rates(spec, task, unit, np.random.default_rng(session.initial)),
            options_of(spec),
            RateToSpikeOptions(**vars(self)),
            neuron=neuron,
            filter=spec.network.synapse.build(),
            seed=session.trials,
            on_update=session.on_update,
            checkpoint=session.checkpoint,
            resume=session.resume,
        )


def _require_free_weights(spec: Spec, who: str) -> None:
    if spec.network.parameterisation in ("dale", "scores"):
        raise ValueError(
            "`network.parameterisation` must be modes, modes-full or dense for"
            f" {who}: got {spec.network.parameterisation}. Or train spiking neurons by bptt."
        )
