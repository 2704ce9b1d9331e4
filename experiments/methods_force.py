"""Methods that solve least squares online: FORCE on rate networks and on spiking ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from spikemodes.models.networks.rate_network import RateUnit
from spikemodes.models.networks.transfer import Tanh
from spikemodes.models.neurons.neuron import CURRENT, NeuronModel

from .method import Session, require_no_penalties

if TYPE_CHECKING:
    from spikemodes.learning.task import Task
    from spikemodes.learning.training.loop import TrainingResult

    from .config.spec import Spec


@dataclass(frozen=True)
class Force:
    """Rate FORCE: recursive least squares on the readout of a chaotic network.

    Parameters
    ----------
    gain, connectivity, alpha, every
        See `ForceOptions`.
    """

    settings: ClassVar[Mapping[str, Any]] = {
        "network": {
            "neurons": 500,
            "neuron": {"name": "rate", "tau_mem": "10 ms"},
            "parameterisation": "dense",
        },
        "train": {"updates": 100, "batch": 1},
    }
    needs_targets: ClassVar[bool] = True

    gain: float = 1.5
    connectivity: float = 0.1
    alpha: float = 0.1
    every: int = 2

    def __post_init__(self) -> None:
        from spikemodes.learning.force.rate import ForceOptions

        ForceOptions(**vars(self))

    def require(self, spec: Spec) -> None:
        """See `Method`."""
        unit = spec.build_neuron()
        if not isinstance(unit, RateUnit):
            raise ValueError(
                "`network.neuron` must be rate for FORCE: got"
                f" {spec.network.neuron.name}. Leave it out, or use spiking-force."
            )
        if unit.transfer != Tanh():
            raise ValueError(
                "`network.neuron.transfer` must be tanh for FORCE: got"
                f" {unit.transfer.name}. Leave it out."
            )
        _require_least_squares(spec)

    def train(self, task: Task, spec: Spec, session: Session) -> TrainingResult:
        """See `Method`."""
        from spikemodes.learning.force.rate import ForceOptions, train_force

        unit = spec.build_neuron()
        assert isinstance(unit, RateUnit)
        options = ForceOptions(
            n_neurons=spec.network.neurons,
            tau_mem=unit.tau_mem,
            updates=spec.train.updates,
            batch_size=spec.train.batch,
            **vars(self),
        )
        return train_force(task, options, seed=session.trials, on_update=session.on_update)


@dataclass(frozen=True)
class SpikingForce:
    """Spiking FORCE: recursive least squares on the readout of a random spiking network.

    Parameters
    ----------
    gain, connectivity, feedback, inputs, alpha, every
        See `SpikingForceOptions`.
    """

    settings: ClassVar[Mapping[str, Any]] = {
        "network": {
            "neurons": 500,
            "neuron": "biased-lif",
            "synapse": {"tau_rise": "2 ms", "tau_decay": "20 ms"},
            "parameterisation": "dense",
        },
        "train": {"updates": 200, "batch": 1},
    }
    needs_targets: ClassVar[bool] = True

    gain: float = 1.5
    connectivity: float = 0.1
    feedback: float = 2.0
    inputs: float = 0.3
    alpha: float = 1.0
    every: int = 2

    def __post_init__(self) -> None:
        from spikemodes.learning.force.spiking import SpikingForceOptions

        SpikingForceOptions(**vars(self))

    def require(self, spec: Spec) -> None:
        """See `Method`."""
        neuron = spec.build_neuron()
        if isinstance(neuron, RateUnit) or neuron.inputs != CURRENT:
            raise ValueError(
                "`network.neuron` must be a spiking neuron that takes currents for spiking FORCE:"
                f" got {spec.network.neuron.name}. Leave it out."
            )
        _require_least_squares(spec)

    def train(self, task: Task, spec: Spec, session: Session) -> TrainingResult:
        """See `Method`."""
        from spikemodes.learning.force.spiking import SpikingForceOptions, train_spiking_force

        neuron = spec.build_neuron()
        assert isinstance(neuron, NeuronModel)
        # the matrix of least squares is written in C++ alone
        target = "numpy" if spec.simulate.target == "numpy" else "cpp_standalone"
        options = SpikingForceOptions(
            n_neurons=spec.network.neurons,
            neuron=neuron,
            filter=spec.network.synapse.build(),
            updates=spec.train.updates,
            batch_size=spec.train.batch,
            **vars(self),
        )
        return train_spiking_force(
            task,
            options,
            seed=session.trials,
            target=target,
            on_update=session.on_update,
            on_compile=lambda: session.on_compile("the network that learns"),
        )


def _require_least_squares(spec: Spec) -> None:
    if spec.network.parameterisation != "dense":
        raise ValueError(
            "`network.parameterisation` must be dense for FORCE, whose fixed weights are no"
            f" modes: got {spec.network.parameterisation}. Leave it out."
        )
    require_no_penalties(spec, "FORCE, which solves least squares")
