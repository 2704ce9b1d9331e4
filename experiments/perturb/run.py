"""Interventions on a run: doses, silencing, kicks, effects foretold; and what they leave behind."""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Float
from spikemodes.models.conditions.condition import Condition
from spikemodes.models.conditions.interventions import Silence, Stimulate
from spikemodes.models.networks.network import Network

from ..config.spec import Spec
from ..display.progress import Display
from ..display.tables import write_rows
from ..pipeline.array_groups import write_groups
from ..pipeline.directory import RunDirectory
from ..pipeline.streams import stream
from ..pipeline.summary import Interventions
from .gradient import effects
from .kicks import kicked
from .laboratory import Effect, Laboratory
from .plan import Plan, epoch_of, times_of
from .rows import DOSE, FORMAT, PREDICTION, SILENCE, Intervention, row_of

SET = 20
"""Cells in each set whose effect is foretold."""

_GRADED = 8  # sets from the most effective cells to the least; the others are drawn at random
_RANDOM_SILENCED = 8
_SILENT = 0.02  # share of spikes that silenced cells may have left
_DOUBLINGS = 6  # of the strength, at most

Cells = Sequence[int]


def carry_out(
    run: RunDirectory, spec: Spec, network: Network, plan: Plan, display: Display
) -> Interventions:
    """Try interventions and write table, courses and summary.

    Raises `ValueError` for what the network or its task does not have, before anything runs.
    """
    plan.require(network, spec.build_task())
    started = time.monotonic()
    with display.stages() as begin:
        tests = _Tests(spec, network, plan, begin)
        rows = [*tests.doses(), *tests.silencing(), *tests.predictions()]
        begin("Brian2: modes kicked")
        returns = kicked(tests.laboratory, list(plan.kicked(network)))
    write_rows(map(row_of, rows), run.perturb)
    courses = {f"mode {one.mode}": one.arrays for one in returns}
    write_groups(run.returns, courses, written_as=FORMAT)
    foretold = [row for row in rows if row.kind == PREDICTION]
    at_random = [row for row in foretold if row.what == "random"]
    found = Interventions(
        trials=plan.trials,
        epoch=plan.epoch,
        cells=tests.cells,
        performance=_known(tests.undisturbed.performance),
        predicted_sets=len(foretold),
        predicted_cells=len(foretold[0].cells),
        predicted_amplitude=foretold[0].amplitude,
        correlation=_correlation(foretold),
        correlation_random=_correlation(at_random),
        returns={f"{one.mode}": one.numbers for one in returns},
        seconds=time.monotonic() - started,
    )
    run.update_summary(interventions=found)
    return found


class _Tests:
    """What is tried on the cells of a network, stage by stage."""

    def __init__(
        self, spec: Spec, network: Network, plan: Plan, begin: Callable[[str], None]
    ) -> None:
        steps = epoch_of(spec.build_task().epochs, plan.epoch)
        self.plan, self.begin = plan, begin
        self.laboratory = Laboratory(spec, network, plan.trials, steps)
        self.epoch = times_of(steps, network.dt)
        begin("twin: what driving each cell would do")
        self.effect: Float[np.ndarray, " N"] = effects(
            network,
            self.laboratory.trials,
            self.laboratory.there,
            self.epoch,
            self.laboratory.answer,
        )
        self.cells = plan.cells.of(self.effect)
        self.amplitudes = plan.doses(self.laboratory.drive)
        self.rng = np.random.default_rng(stream(spec.seed, "interventions").spawn(1)[0])
        begin("Brian2: cells driven")
        (self.undisturbed,) = self.laboratory.under([()])

    def doses(self) -> Iterator[Intervention]:
        """Drive the chosen cells at each amplitude."""
        conditions = [[Stimulate(self.cells, self.epoch, dose)] for dose in self.amplitudes]
        for dose, found in zip(self.amplitudes, self.laboratory.under(conditions), strict=True):
            yield self._row(DOSE, "chosen", self.cells, dose, found)

    def silencing(self) -> Iterator[Intervention]:
        """Silence the chosen cells, and as many drawn at random."""
        self.begin("Brian2: cells silenced")
        strength, found = self._strong_enough()
        yield self._row(SILENCE, "chosen", self.cells, -strength, found)
        sets = [self._drawn(len(self.cells)) for _ in range(_RANDOM_SILENCED)]
        conditions = [[Silence(cells, self.epoch, strength)] for cells in sets]
        for cells, found in zip(sets, self.laboratory.under(conditions), strict=True):
            yield self._row(SILENCE, "random", cells, -strength, found)

    def _strong_enough(self) -> tuple[float, Effect]:
        """Double the strength until hardly a spike of the chosen cells is left."""
        strength = self.laboratory.drive
        found = self._silenced(strength)
        for _ in range(_DOUBLINGS):
            if not self._left(self.cells, found) > _SILENT:
                break
            strength *= 2
            found = self._silenced(strength)
        return strength, found

    def _silenced(self, strength: float) -> Effect:
        (found,) = self.laboratory.under([[Silence(self.cells, self.epoch, strength)]])
        return found

    def predictions(self) -> Iterator[Intervention]:
        """Drive sets of cells from the most to the least effective, and others drawn at random."""
        self.begin("Brian2: effects foretold")
        size, amplitude = min(SET, len(self.effect)), min(a for a in map(abs, self.amplitudes) if a)
        order = np.argsort(-self.effect, kind="stable")
        graded = min(_GRADED, self.plan.sets)
        starts = np.linspace(0, len(order) - size, graded).round().astype(int)
        sets = [("graded", tuple(order[start : start + size].tolist())) for start in starts]
        sets += [("random", self._drawn(size)) for _ in range(self.plan.sets - graded)]
        conditions: list[list[Condition]] = [
            [Stimulate(cells, self.epoch, amplitude)] for _, cells in sets
        ]
        for (what, cells), found in zip(sets, self.laboratory.under(conditions), strict=True):
            yield self._row(PREDICTION, what, cells, amplitude, found)

    def _drawn(self, size: int) -> tuple[int, ...]:
        return tuple(self.rng.permutation(len(self.effect))[:size].tolist())

    def _left(self, cells: Cells, found: Effect) -> float:
        before = self.undisturbed.spikes[list(cells)].sum()
        return float(found.spikes[list(cells)].sum() / before) if before else np.nan

    def _row(
        self, kind: str, what: str, cells: tuple[int, ...], amplitude: float, found: Effect
    ) -> Intervention:
        return Intervention(
            kind=kind,
            what=what,
            cells=cells,
            amplitude=amplitude,
            performance=found.performance,
            output=found.output,
            change=found.output - self.undisturbed.output,
            shift=found.bias - self.undisturbed.bias,
            predicted=np.nan if kind == SILENCE else amplitude * self.effect[list(cells)].sum(),
            spikes_left=self._left(cells, found),
        )


def _correlation(rows: list[Intervention]) -> float | None:
    """Of foretold and measured changes; ``None`` where one of both does not vary."""
    both = np.array([(row.predicted, row.change) for row in rows]).reshape(-1, 2).T
    if both.shape[1] < 2 or not np.isfinite(both).all() or not np.ptp(both, axis=1).all():
        return None
    return float(np.corrcoef(both)[0, 1])


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
