"""Networks drawn from the classes of cells of a trained one, run in Brian2: the table of them."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from spikemodes.analysis.populations.mixture import Mixture, fit_mixture
from spikemodes.learning.task import unseen
from spikemodes.models.brian.simulation import simulate
from spikemodes.models.networks.network import Network

from ..computation.populations import classes_of
from ..computation.resampling import require_resampleable, resampled, rows_of
from ..config.spec import Spec
from ..display.progress import Display
from ..display.tables import write_rows
from ..pipeline.circumstances import Circumstances
from ..pipeline.directory import RunDirectory
from ..pipeline.streams import stream


@dataclass(frozen=True)
class Drawn:
    """What one network does; a row of ``populations.csv``.

    Parameters
    ----------
    times
        Its size in sizes of the trained network; 0 for that network itself.
    neurons, classes, draw, trials
        How many cells, of how many classes (0 for the trained network); which draw, from 1 on; in
        how many trials.
    performance, accuracy
        Of its score, NaN where the task has none.
    rate_hz
        Mean rate of its cells.
    seconds
        Time that it took, compilation included [s].
    """

    times: float
    neurons: int
    classes: int
    draw: int
    trials: int
    performance: float
    accuracy: float
    rate_hz: float
    seconds: float


def parse_classes(text: str) -> tuple[int, ...]:
    """Read numbers of classes, such as ``1,2,3``; none of ``""``.

    Raises `ValueError` unless all are whole and above 0.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise ValueError(f"`--classes` must be whole numbers above 0, such as 1,2,3: got {text!r}.")
    return tuple(sorted({int(part) for part in parts}))


def parse_times(text: str) -> tuple[float, ...]:
    """Read sizes, such as ``1,10,100``. Raises `ValueError` unless all are numbers above 0."""
    try:
        times = tuple(sorted({float(part) for part in text.split(",") if part.strip()}))
    except ValueError:
        times = ()
    if not times or not all(0 < one < math.inf for one in times):
        raise ValueError(
            f"`--times` must be sizes above 0, in sizes of the network, such as 1,10,100: got"
            f" {text!r}."
        )
    return times


@dataclass(frozen=True, eq=False)
class Sizes:
    """A trained network, and the networks to draw from it.

    Raises `ValueError` if its cells cannot be drawn anew, or a network would have no cell.

    Parameters
    ----------
    run, spec, network
        The run.
    times
        Sizes, in sizes of the network.
    draws
        Networks of each size.
    trials
        In how many trials each runs.
    classes
        Numbers of classes to draw from; empty: the number that is found.
    """

    run: RunDirectory
    spec: Spec
    network: Network
    times: Sequence[float]
    draws: int
    trials: int
    classes: Sequence[int] = ()

    def __post_init__(self) -> None:
        require_resampleable(self.network)
        n = self.network.n_neurons
        least = 2 * self.network.n_modes  # cells that `Modes` needs, with room
        if round(min(self.times) * n) < least:
            raise ValueError(
                f"`--times` must leave {least} cells or more: got {min(self.times):g} of {n}."
            )

        for k in self.classes:
            fit_mixture(rows_of(self.network), k)  # its own words where it cannot

    @property
    def mixtures(self) -> list[Mixture]:
        """What is drawn from."""
        if not self.classes:
            return [classes_of(self.network, self.spec.seed).mixture]
        return [fit_mixture(rows_of(self.network), k) for k in self.classes]

    def carry_out(self, display: Display) -> list[Drawn]:
        """Run all networks, and write the table after each."""
        spec, network = self.spec, self.network
        of_trials, of_cells = stream(spec.seed, "populations").spawn(3)[1:]
        trials = unseen(spec.build_task(), self.trials, np.random.default_rng(of_trials))
        rng = np.random.default_rng(of_cells)
        options = {**Circumstances.of(spec).options, "target": spec.simulate.target}
        todo = [
            (times, mixture, draw)
            for times in self.times  # the smallest first, for something to look at soon
            for mixture in self.mixtures
            for draw in range(1, self.draws + 1)
        ]
        rows: list[Drawn] = []
        for times, mixture, draw in [(0.0, None, 1), *todo]:
            started = time.perf_counter()
            one = network if mixture is None else resampled(network, mixture, times, rng)
            found = simulate(one, trials, **options).at_step(trials.dt)
            score = spec.build_task().score(found.outputs, trials)
            rows.append(
                Drawn(
                    times=times,
                    neurons=one.n_neurons,
                    classes=0 if mixture is None else mixture.n_classes,
                    draw=draw,
                    trials=self.trials,
                    performance=math.nan if score.performance is None else score.performance,
                    accuracy=math.nan if score.accuracy is None else score.accuracy,
                    rate_hz=found.rate_hz,
                    seconds=time.perf_counter() - started,
                )
            )
            write_rows(map(asdict, rows), self.run.populations)
            display.say(_in_words(rows[-1]))
        return rows


def _in_words(row: Drawn) -> str:
    of = f"{row.classes} {'class' if row.classes == 1 else 'classes'}"
    which = f"draw {row.draw} of {of}" if row.times else "trained"
    return (
        f"{row.neurons:,} cells ({which}): performance {row.performance:.3f}, {row.rate_hz:.1f} Hz,"
        f" {row.seconds:.1f} s"
    )


def read_sizes(path: Path) -> list[Drawn]:
    """Read the table; nothing if there is none. Raises `ValueError` naming it if it is damaged."""
    if not path.exists():
        return []
    try:
        rows = pd.read_csv(path).to_dict("records")
        return [Drawn(**{str(key): value for key, value in row.items()}) for row in rows]
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"`{path}` must be written by `spikemodes populations`: it cannot be read ({error})."
            " Run that again."
        ) from None
