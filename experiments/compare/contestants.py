"""The ways to learn that `spikemodes compare` sets beside each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spikemodes.learning.task import HeldOut

from ..config.components import look_up
from ..config.nested_keys import merge
from ..config.spec import Spec, parse_spec, parse_task

_TRIALS = 100


@dataclass(frozen=True)
class Contestant:
    """A way to learn: a name, what it is, and the keys of a run that make it.

    Parameters
    ----------
    name
        What ``--methods`` takes.
    about
        One line for people.
    settings
        Keys of a configuration; what the user sets wins over them.
    """

    name: str
    about: str
    settings: Mapping[str, Any]

    def spec(self, *given: Mapping[str, Any]) -> Spec:
        """Make the configuration of a run, with a readout that every contestant can learn.

        Raises `ValueError` if the task cannot be served.
        """
        yours = merge(given)
        try:
            shared = {
                "network": {"readout": "trace"},
                "train": {"course": "trials"},
                "simulate": {"trials": _trials(yours)},
            }
            return parse_spec(merge([shared, self.settings, yours]))
        except ValueError as error:
            raise ValueError(f"`--methods` with {self.name}: {error}") from None


def _trials(config: Mapping[str, Any]) -> int:
    """Unseen trials on which a network is measured: fewer where the task keeps fewer."""
    task = parse_task(config)
    return min(_TRIALS, task.n_test) if isinstance(task, HeldOut) else _TRIALS


_SMALL_BATCH = {"batch": 20}
"""For what runs step by step in PyTorch: in the same time, more updates on fewer trials each."""


def _learned_by(
    method: str | Mapping[str, Any], train: Mapping[str, Any] | None = None, **network: Any
) -> Mapping[str, Any]:
    return {"train": {"method": method, **(train or {})}, "network": network}


_ALL = (
    Contestant("bptt-modes", "modes and scores, by backpropagation", _learned_by("bptt")),
    Contestant(
        "bptt-full-scores",
        "modes with all P × P scores",
        _learned_by("bptt", parameterisation="modes-full"),
    ),
    Contestant(
        "bptt-dale",
        "modes of excitatory and inhibitory neurons",
        _learned_by("bptt", parameterisation="dale"),
    ),
    Contestant(
        "bptt-scores",
        "scores of random modes alone",
        _learned_by("bptt", parameterisation="scores"),
    ),
    Contestant(
        "bptt-dense",
        "all N × N weights",
        _learned_by("bptt", parameterisation="dense"),
    ),
    Contestant(
        "three-factor",
        "online e-prop in mode space, which transports xi_in",
        _learned_by({"name": "three-factor", "compare_every": 0}, _SMALL_BATCH),
    ),
    Contestant(
        "three-factor-random",
        "the same, errors through random feedback",
        _learned_by(
            {"name": "three-factor", "feedback": "random", "compare_every": 0}, _SMALL_BATCH
        ),
    ),
    Contestant(
        "rate-modes", "modes of rate neurons", _learned_by("bptt", _SMALL_BATCH, neuron="rate")
    ),
    Contestant(
        "rate-to-spike",
        "a rate network scaled into a spiking one",
        _learned_by("rate-to-spike", _SMALL_BATCH),
    ),
    Contestant("force", "FORCE on a chaotic rate network", _learned_by("force")),
    Contestant("spiking-force", "FORCE on a chaotic spiking network", _learned_by("spiking-force")),
)
CONTESTANTS = {contestant.name: contestant for contestant in _ALL}


def choose(names: str) -> tuple[Contestant, ...]:
    """Give contestants by their names, which commas part; all for none.

    Raises `ValueError` for a name that is unknown, with the nearest one, or that comes twice.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if wanted.count(name) > 1:
            raise ValueError(f"`--methods` must name each method once: got {name} twice.")
    try:
        return tuple(look_up(CONTESTANTS, name) for name in wanted) or _ALL
    except ValueError as error:
        raise ValueError(f"`--methods`: {error}") from None
