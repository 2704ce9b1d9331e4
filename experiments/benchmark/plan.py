"""Which rows are measured: the full benchmark and the quick one."""

from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Any

from .brian import BrianProgram, Recurrence
from .least_squares import LeastSquaresUpdate
from .rows import Row
from .training import FusedStep, KernelCompilation, ReferenceStep, SnnTorchStep, TrainingStep

_KINDS = {
    kind.__name__: kind
    for kind in (
        KernelCompilation, FusedStep, ReferenceStep, SnnTorchStep, LeastSquaresUpdate,
        BrianProgram, Recurrence,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """The rows of a benchmark by what they show; one may serve several purposes.

    Parameters
    ----------
    name
        ``full`` or ``quick``.
    contenders
        The same training step by all contenders, in batches of one network size.
    neurons, steps, modes
        The fused step as N, T or P grows.
    least_squares
        An update of recursive least squares against a pass over half of its matrix.
    programs
        Brian2's compiled program.
    recurrences
        Modes against dense synapses.
    compilation
        The kernels of the training steps.
    """

    name: str
    contenders: tuple[TrainingStep, ...]
    neurons: tuple[FusedStep, ...]
    steps: tuple[FusedStep, ...]
    modes: tuple[FusedStep, ...]
    least_squares: tuple[LeastSquaresUpdate, ...]
    programs: tuple[BrianProgram, ...]
    recurrences: tuple[Recurrence, ...]
    compilation: KernelCompilation = field(default_factory=KernelCompilation)

    @property
    def training(self) -> tuple[TrainingStep, ...]:
        """All training steps, each once."""
        return tuple(dict.fromkeys(self.contenders + self.neurons + self.steps + self.modes))

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows in the order of their measurement."""
        return (
            self.compilation,
            *self.training,
            *self.least_squares,
            *self.programs,
            *self.recurrences,
        )


def encode(row: Row) -> dict[str, Any]:
    """Give a row as plain data."""
    return {"kind": type(row).__name__, **asdict(row)}


def decode(data: dict[str, Any]) -> Row:
    """Give the row that `encode` made plain.

    Raises `ValueError` if there is no such row.
    """
    sizes = dict(data)
    try:
        return _KINDS[sizes.pop("kind")](**sizes)
    except (KeyError, TypeError):
        raise ValueError(f"`row` must be a row of the benchmark: got {data}.") from None


FULL = Plan(
    name="full",
    contenders=(
        FusedStep(100),
        ReferenceStep(100, repeats=10),
        SnnTorchStep(100, repeats=10),
        FusedStep(1000),
        ReferenceStep(1000, repeats=3),
        SnnTorchStep(1000, repeats=3),
    ),
    neurons=(
        FusedStep(100),
        FusedStep(300),
        FusedStep(1000),
        # smaller batches keep these short, and the work of a step about the same
        FusedStep(3000, trials=32),
        FusedStep(10_000, trials=10),
        FusedStep(30_000, trials=4),
        FusedStep(100_000, trials=4),
    ),
    steps=tuple(FusedStep(100, steps=steps) for steps in (100, 200, 500, 1000, 2000, 5000)),
    modes=tuple(FusedStep(1000, modes=modes) for modes in (1, 3, 10, 30, 100)),
    least_squares=(LeastSquaresUpdate(300), LeastSquaresUpdate(1000)),
    programs=(BrianProgram(),),
    recurrences=tuple(
        Recurrence(modes, drive)
        for modes, drive in product((1, 3, 10, 30, 100), (0.2, 0.3, 0.5, 1.0, 5.0))
    ),
)

QUICK = Plan(
    name="quick",
    contenders=tuple(
        contender(neurons, steps=100, repeats=2)
        for neurons, contender in product((100, 1000), (FusedStep, ReferenceStep, SnnTorchStep))
    ),
    neurons=tuple(
        FusedStep(neurons, trials=trials, steps=100, repeats=2)
        for neurons, trials in ((100, 100), (1000, 100), (3000, 32), (10_000, 10))
    ),
    steps=tuple(FusedStep(100, steps=steps, repeats=2) for steps in (100, 300, 1000)),
    modes=tuple(FusedStep(1000, modes=modes, steps=100, repeats=2) for modes in (3, 10, 30)),
    least_squares=(LeastSquaresUpdate(300, repeats=10),),
    programs=(BrianProgram(steps=100, repeats=2),),
    recurrences=tuple(
        Recurrence(modes, drive, neurons=500, steps=1000, repeats=2)
        for modes, drive in product((3, 30), (0.3, 1.0))
    ),
)
