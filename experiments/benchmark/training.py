"""Training steps: forward pass, gradient and Adam update of one batch, by each contender."""

import shutil
from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numba
import numpy as np
import torch
from brian2 import Quantity, ms
from spikemodes.learning.kernels.fused import FusedBackend
from spikemodes.learning.kernels.threads import one_thread
from spikemodes.learning.step.reference import ReferenceBackend
from spikemodes.learning.training.initialisation import initial_network
from spikemodes.learning.training.memory import peak_memory_mb
from spikemodes.learning.twin.twin import Twin
from spikemodes.models.files import cache_directory
from spikemodes.models.networks.network import Network

from ..tasks.selective_integration import SelectiveIntegration
from .rows import Measurement, NotHereError, Row, seconds_of, summary_of

DT: Quantity = 2 * ms


def task_of(n_steps: int) -> SelectiveIntegration:
    """Scale selective integration, whose epochs are 1/10, 4/10 and 5/10 of a trial, to T steps."""
    blank, stimulus = n_steps // 10, 2 * n_steps // 5
    response = n_steps - blank - stimulus
    return SelectiveIntegration(blank * DT, stimulus * DT, response * DT, DT)


def network_of(n_neurons: int, n_modes: int) -> Network:
    """Draw the network that all contenders start from."""
    task, rng = SelectiveIntegration, np.random.default_rng(0)
    return initial_network(n_neurons, n_modes, task.n_inputs, task.n_outputs, DT, rng)


class Model(Protocol):
    """A contender's network."""

    def parameters(self) -> list[torch.nn.Parameter]:
        """What is trained."""
        ...

    def outputs(self, inputs: torch.Tensor) -> torch.Tensor:
        """Run a batch (T × B × C), differentiably; gives its outputs (T × B × O)."""
        ...

    def spikes(self, inputs: torch.Tensor) -> float:
        """Mean number of spikes per neuron and trial."""
        ...


class TwinModel:
    """A `Twin`, whichever backend runs it."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin

    def parameters(self) -> list[torch.nn.Parameter]:
        """See `Model`."""
        return list(self.twin.parameters())

    def outputs(self, inputs: torch.Tensor) -> torch.Tensor:
        """See `Model`."""
        return self.twin(inputs).outputs

    def spikes(self, inputs: torch.Tensor) -> float:
        """See `Model`."""
        return float(self.twin(inputs).activity.spike_counts.mean())


@dataclass(frozen=True)
class TrainingStep(Row):
    """One training step on a batch of selective integration (C = 4, O = 1).

    Parameters
    ----------
    neurons, modes, trials, steps
        N, P, B, T.
    repeats
        Timed steps, after one that warms up.
    """

    contender: ClassVar[str]
    seconds_per_cell: ClassVar[float]

    neurons: int
    modes: int = 3
    trials: int = 100
    steps: int = 500
    repeats: int = 20

    @property
    def name(self) -> str:
        """See `Row`."""
        sizes = f"N={self.neurons:,} P={self.modes} B={self.trials} T={self.steps:,}"
        return f"{self.contender}, {sizes}"

    @property
    def expected_seconds(self) -> float:
        """See `Row`."""
        cells = self.neurons * self.trials * self.steps * (1 + self.modes / 20)
        return 5 + self.seconds_per_cell * cells * (self.repeats + 2)

    @abstractmethod
    def load(self) -> Callable[[Network], Model]:
        """Import what the contender needs, and give the builder of its model."""

    def threads(self) -> AbstractContextManager[object]:
        """Set PyTorch's threads while it runs; all cores unless a contender knows better."""
        return nullcontext()

    def run(self) -> Measurement:
        """Measure time and memory of the step.

        The memory before is that of the interpreter with all imports done and nothing allocated;
        loaded, it has the model, compiled code included. The firing rate shows that contenders
        have like work.
        """
        build = self.load()
        n_threads = numba.get_num_threads()
        torch.set_num_threads(n_threads)
        before = peak_memory_mb()
        task = task_of(self.steps)
        trials = task.sample(self.trials, np.random.default_rng(1))
        inputs = torch.from_numpy(trials.inputs)
        with self.threads():
            model = build(network_of(self.neurons, self.modes))
            optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
            loaded = peak_memory_mb()

            def update() -> None:
                optimizer.zero_grad()
                task.loss(model.outputs(inputs), trials).backward()
                optimizer.step()

            update()
            durations = [seconds_of(update) for _ in range(self.repeats)]
            peak = peak_memory_mb()
            with torch.no_grad():
                spikes = model.spikes(inputs)
        return {
            **summary_of(durations),
            "memory_before_mb": before,
            "memory_loaded_mb": loaded,
            "memory_peak_mb": peak,
            "memory_mb": peak - before,
            "step_memory_mb": peak - loaded,
            "threads": n_threads,
            "rate_hz": spikes / (self.steps * float(DT)),
        }


@dataclass(frozen=True)
class FusedStep(TrainingStep):
    """The fused kernels, on PyTorch threads as in training."""

    contender = "fused kernels"
    seconds_per_cell = 6e-9

    def load(self) -> Callable[[Network], Model]:
        """See `TrainingStep`."""
        return lambda network: TwinModel(_fused_twin(network, refuse_compilation))

    def threads(self) -> AbstractContextManager[object]:
        """See `TrainingStep`."""
        return one_thread()


@dataclass(frozen=True)
class ReferenceStep(TrainingStep):
    """The plain PyTorch step of the same model."""

    contender = "reference step"
    seconds_per_cell = 1.5e-7

    def load(self) -> Callable[[Network], Model]:
        """See `TrainingStep`."""

        def build(network: Network) -> Model:
            return TwinModel(Twin(network, backend=ReferenceBackend))

        return build


@dataclass(frozen=True)
class SnnTorchStep(TrainingStep):
    """snnTorch's recurrent layer of the same size, with all N² weights: it has no modes."""

    contender = "snnTorch"
    seconds_per_cell = 1.1e-7

    @property
    def name(self) -> str:
        """See `Row`."""
        return f"{self.contender}, N={self.neurons:,} B={self.trials} T={self.steps:,}"

    def load(self) -> Callable[[Network], Model]:
        """See `TrainingStep`."""
        try:
            from .snntorch import SnnTorchModel
        except ImportError:
            raise NotHereError(
                'snnTorch is not installed: pip install "spikemodes[bench]"'
            ) from None
        return SnnTorchModel


@dataclass(frozen=True)
class KernelCompilation(Row):
    """The kernels of the neuron model, compiled with nothing in the cache.

    It comes before all steps, whose memory would otherwise hold the compiler's.
    """

    @property
    def name(self) -> str:
        """See `Row`."""
        return "training kernels"

    @property
    def expected_seconds(self) -> float:
        """See `Row`."""
        return 25.0

    def run(self) -> Measurement:
        """Measure, in the benchmark's own cache, which keeps the kernels for the other rows."""
        shutil.rmtree(cache_directory() / "kernels", ignore_errors=True)
        network = network_of(10, 3)
        return {"seconds": seconds_of(lambda: _fused_twin(network))}


def refuse_compilation() -> None:
    """Stop a row that would count the compiler's memory as its own."""
    raise RuntimeError("the kernels are not in the benchmark's cache: has the source changed?")


def _fused_twin(network: Network, on_compile: Callable[[], None] | None = None) -> Twin:
    twin = Twin(network, backend=FusedBackend)
    twin.prepare(torch.zeros(1, 1, network.n_inputs), on_compile)
    return twin
