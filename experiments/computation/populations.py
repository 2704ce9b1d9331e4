"""Which classes of cells there are, whether their statistics compute, and what each is for."""

from dataclasses import dataclass

import numpy as np
from spikemodes.analysis.populations.epairs import epairs
from spikemodes.analysis.populations.mixture import Mixture
from spikemodes.analysis.populations.stability import Classes, find_classes
from spikemodes.models.networks.network import Network

from ..pipeline.analyse import condition_labels
from ..pipeline.answering import answer
from ..pipeline.streams import stream
from .question import Answer, NotAskedError, Question, Subject
from .resampling import columns_of, require_resampleable, resampled, rows_of

_DRAWS = 3  # resampled networks of the size of the network


@dataclass(frozen=True)
class Resampled:
    """What networks of the same size do whose cells are drawn from the fit.

    Parameters
    ----------
    performance
        Their mean; ``None`` where the task has none.
    performances
        Of each.
    """

    performance: float | None
    performances: list[float]


@dataclass(frozen=True)
class CellClass:
    """One class of cells.

    Parameters
    ----------
    cells
        How many are in it.
    performance_without
        Of the network with the class silenced.
    lost
        By how much the performance falls then.
    lost_by_condition
        The same in the trials of each condition.
    """

    cells: int
    performance_without: float | None
    lost: float | None
    lost_by_condition: dict[str, float]


@dataclass(frozen=True)
class Populations:
    """What `analysis.json` has on populations.

    Parameters
    ----------
    classes, classes_by_bic
        How many there are, by stability and by BIC.
    stability
        By number of classes: mean adjusted Rand index of fits to parts of the cells.
    stability_of_one_gaussian
        The same of cells of one Gaussian class.
    bic
        By number of classes.
    epairs, epairs_p
        The statistic of ePAIRS and its p value.
    performance
        Of the network in the same trials.
    resampled
        ``None`` where cells cannot be drawn anew.
    not_resampled
        The reason, ``""`` if there is none.
    silenced
        Each class, where there are two or more.
    """

    classes: int
    classes_by_bic: int
    stability: dict[int, float]
    stability_of_one_gaussian: dict[int, float]
    bic: dict[int, float]
    epairs: float
    epairs_p: float
    performance: float | None
    resampled: Resampled | None
    not_resampled: str
    silenced: list[CellClass]


def classes_of(network: Network, seed: int) -> Classes:
    """Find the classes of a run's network: the same each time.

    Raises `ValueError` if it has too few cells for its modes and inputs.
    """
    rng = np.random.default_rng(stream(seed, "populations"))
    return find_classes(rows_of(network), rng)


def ask(subject: Subject) -> Answer:
    """Fit classes of cells, draw networks from the fit, silence each class."""
    subject.modes()
    network, spec, trials = subject.spiking(), subject.spec, subject.trials
    if network.main.source is not None or network.main.target is not None:
        raise NotAskedError("The modes join some of the cells alone.")
    rows = rows_of(network)
    try:
        found = classes_of(network, spec.seed)
    except ValueError:
        n, d = rows.shape
        raise NotAskedError(
            f"The {n} cells are too few for a Gaussian of the {d} weights that each has."
        ) from None
    rng = np.random.default_rng(stream(spec.seed, "populations").spawn(1)[0])
    directions = epairs(rows, rng)
    whole = subject.task.score(subject.recording.outputs, trials).performance
    drawn, reason = _resampled(subject, network, found.mixture, rng)
    mixture = found.mixture
    numbers = Populations(
        classes=mixture.n_classes,
        classes_by_bic=found.by_bic,
        stability=_by_number(found, found.stability),
        stability_of_one_gaussian=_by_number(found, found.null),
        bic=_by_number(found, found.bic),
        epairs=directions.statistic,
        epairs_p=directions.p,
        performance=whole,
        resampled=drawn,
        not_resampled=reason,
        silenced=_silenced(subject, network, mixture),
    )
    arrays = {
        "rows": rows,
        "columns": np.array(columns_of(network)),
        "labels": mixture.labels,
        "means": mixture.means,
        "covariances": mixture.covariances,
        "weights": mixture.weights,
        "numbers": found.numbers,
        "stability": found.stability,
        "null": found.null,
        "bic": found.bic,
    }
    return Answer(numbers, arrays)


def _by_number(found: Classes, values: np.ndarray) -> dict[int, float]:
    return dict(zip(found.numbers.tolist(), values.tolist(), strict=True))


def _resampled(
    subject: Subject, network: Network, mixture: Mixture, rng: np.random.Generator
) -> tuple[Resampled | None, str]:
    """Run networks of the same size, through the program that is compiled; or say why not."""
    try:
        require_resampleable(network)
    except ValueError as error:
        return None, str(error)
    networks = [resampled(network, mixture, 1, rng) for _ in range(_DRAWS)]
    performances = [value for one in networks if (value := _performance(subject, one)) is not None]
    mean = float(np.mean(performances)) if performances else None
    return Resampled(mean, performances), ""


def _silenced(subject: Subject, network: Network, mixture: Mixture) -> list[CellClass]:
    """Silence each class in turn; nothing where there is one alone."""
    if mixture.n_classes < 2:
        return []
    task, trials = subject.task, subject.trials
    names = condition_labels(trials)
    conditions = {str(name): np.flatnonzero(names == name) for name in np.unique(names) if name}

    def scores(outputs: np.ndarray) -> tuple[float | None, dict[str, float | None]]:
        axis = outputs.ndim - 2
        return task.score(outputs, trials).performance, {
            name: task.score(outputs.take(chosen, axis), trials.subset(chosen)).performance
            for name, chosen in conditions.items()
        }

    whole, by_condition = scores(subject.recording.outputs)
    found = []
    for k in range(mixture.n_classes):
        cells = np.flatnonzero(mixture.labels == k)
        outputs = answer(subject.spec, network.without(cells), trials).outputs
        without, each = scores(outputs)
        lost = {name: _less(by_condition[name], value) for name, value in each.items()}
        known = {name: value for name, value in lost.items() if value is not None}
        found.append(CellClass(len(cells), without, _less(whole, without), known))
    return found


def _less(whole: float | None, without: float | None) -> float | None:
    return None if whole is None or without is None else whole - without


def _performance(subject: Subject, network: Network) -> float | None:
    outputs = answer(subject.spec, network, subject.trials).outputs
    return subject.task.score(outputs, subject.trials).performance


POPULATIONS = Question("populations", "Brian2: classes of cells", ask)
