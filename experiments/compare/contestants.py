"""The ways to learn that `spikemodes compare` sets beside each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from spikemodes.learning.methods import METHODS
from spikemodes.learning.task import HeldOut, Task
from spikemodes.models.quantities import format_quantity

from ..config.components import defaults_of, look_up
from ..config.nested_keys import merge, named_keys
from ..config.spec import Spec, parse_spec, parse_task
from ..presets.registry import preset_named

CONTROL = "no-recurrence"
"""The contestant that every comparison has: what a task is worth without recurrence."""

BATCH = 20
"""Trials of a batch, of all methods that have batches, and of a block of shared trials."""

_TRIALS = 100


@dataclass(frozen=True)
class Searched:
    """What of a method is searched: a key of a run, and the factor from one candidate to the next.

    The grid is geometric, around the value that holds otherwise.
    """

    key: str = "train.learning_rate"
    factor: float = 3.0


@dataclass(frozen=True)
class Contestant:
    """A way to learn: a name, what it is, and the keys of a run that make it.

    All else is the same for all: what backpropagation would take for the task, and what the user
    sets, which wins.

    Parameters
    ----------
    name
        What ``--methods`` takes.
    about
        One line for people.
    settings
        Keys of a configuration.
    searched
        What of it is searched.
    own
        Keys that are its own whatever others have and the user sets.
    learns_inputs
        Whether the input weights learn.
    """

    name: str
    about: str
    settings: Mapping[str, Any]
    searched: Searched = Searched()
    own: Mapping[str, Any] = field(default_factory=dict)
    learns_inputs: bool = True

    def spec(self, *given: Mapping[str, Any]) -> Spec:
        """Make the configuration of a run, with a readout that every contestant can learn.

        Raises `ValueError` if the task cannot be served.
        """
        yours = merge(given)
        try:
            task = parse_task(yours)
            equal = _equal_terms(yours, task)
            return parse_spec(merge([equal, self._filled(equal, task), yours, self.own]))
        except ValueError as error:
            raise ValueError(f"`--methods` with {self.name}: {error}") from None

    def _filled(self, equal: Mapping[str, Any], task: Task) -> Mapping[str, Any]:
        """Its settings, with the time constant and the input weights that others have.

        Rate units get that of the filter of spikes; input weights that are drawn and do not learn
        have the standard deviation 1/√C at which those that learn begin.
        """
        filled = [self.settings]
        if self.settings["network"].get("neuron") == "rate":
            tau = {"tau_mem": equal["network"]["synapse"]["tau_decay"]}
            filled.append({"network": {"neuron": tau}})
        method = named_keys(self.settings["train"]["method"])["name"]
        if "inputs" in defaults_of(METHODS[method]):
            inputs = {"inputs": float(1 / np.sqrt(task.n_inputs))}
            filled.append({"train": {"method": inputs}})
        return merge(filled)


def _equal_terms(config: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """What all contestants have: sizes, filter, readout and batch, whatever methods bring."""
    readout = {"network": {"readout": "trace"}}
    alike = {key: config[key] for key in ("task", "network") if key in config}
    network = parse_spec(merge([readout, alike])).network
    filter = network.synapse
    return {
        "network": {
            "readout": "trace",
            "neurons": network.neurons,
            "modes": network.modes,
            "synapse": {
                "tau_rise": None if filter.tau_rise is None else format_quantity(filter.tau_rise),
                "tau_decay": format_quantity(filter.tau_decay),
            },
        },
        "train": {"batch": BATCH, "course": "trials"},
        "simulate": {"trials": _trials(task)},
    }


def _trials(task: Task) -> int:
    """Unseen trials on which a network is measured: fewer where the task keeps fewer."""
    return min(_TRIALS, task.n_test) if isinstance(task, HeldOut) else _TRIALS


def _learned_by(
    method: str | Mapping[str, Any], train: Mapping[str, Any] | None = None, **network: Any
) -> Mapping[str, Any]:
    return {"train": {"method": method, **(train or {})}, "network": network}


def _like_cortex() -> Mapping[str, Any]:
    """What the preset cortex says of circuit and learning; sizes and filters are those of all."""
    preset = preset_named("cortex")
    network = {
        k: v for k, v in preset["network"].items() if k not in {"neurons", "modes", "synapse"}
    }
    train = {k: v for k, v in preset["train"].items() if k not in {"updates", "batch"}}
    return _learned_by("bptt", train, **network)


_ALPHA = Searched("train.method.alpha", 10.0)
_ONE_BY_ONE = {"batch": 1}  # its weights change within a trial
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
        "bptt-cortex",
        "modes of excitatory and inhibitory neurons on a random background, with noise",
        _like_cortex(),
    ),
    Contestant(
        "bptt-scores",
        "scores of random modes alone, with input and readout",
        _learned_by("bptt", parameterisation="scores"),
    ),
    Contestant(
        "bptt-dense",
        "all N × N weights",
        _learned_by("bptt", parameterisation="dense"),
    ),
    Contestant(
        "three-factor",
        "e-prop in mode space, eligibilities carried forward, which transports xi_in",
        _learned_by({"name": "three-factor", "compare_every": 0}),
    ),
    Contestant(
        "three-factor-random",
        "the same, errors through random feedback",
        _learned_by({"name": "three-factor", "feedback": "random", "compare_every": 0}),
    ),
    Contestant("rate-modes", "modes of rate neurons", _learned_by("bptt", neuron="rate")),
    Contestant(
        "rate-to-spike",
        "a sigmoid rate network scaled into a spiking one",
        _learned_by("rate-to-spike"),
    ),
    Contestant(
        "force",
        "FORCE on a chaotic rate network",
        _learned_by("force", _ONE_BY_ONE, neuron="rate"),
        _ALPHA,
        learns_inputs=False,
    ),
    Contestant(
        "spiking-force",
        "FORCE on a random spiking network",
        _learned_by("spiking-force", _ONE_BY_ONE),
        _ALPHA,
        learns_inputs=False,
    ),
    Contestant(
        CONTROL,
        "spiking neurons that learn input and readout alone, without any recurrent weight",
        _learned_by("bptt", parameterisation="no-recurrence"),
    ),
)
_ON_REQUEST = (
    Contestant(
        "nef",
        "a gated integrator whose decoders are solved for, without training, for tasks of that",
        _learned_by("nef"),
        Searched("train.method.noise"),
        own={"network": {"modes": 3, "parameterisation": "modes"}},
    ),
    Contestant(
        "force-500",
        "FORCE with the 500 neurons and 10 ms that the method brings, whatever others have",
        _learned_by("force", _ONE_BY_ONE, neuron="rate"),
        _ALPHA,
        own={"network": {"neurons": 500, "neuron": {"tau_mem": "10 ms"}}},
        learns_inputs=False,
    ),
)
CONTESTANTS = {contestant.name: contestant for contestant in (*_ALL, *_ON_REQUEST)}


def choose(names: str) -> tuple[Contestant, ...]:
    """Give contestants by their names, which commas part; all but the large ones for none.

    The `CONTROL` is always among them, last where it is not named.

    Raises `ValueError` for a name that is unknown, with the nearest one, or that comes twice.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if wanted.count(name) > 1:
            raise ValueError(f"`--methods` must name each method once: got {name} twice.")
    if wanted and CONTROL not in wanted:
        wanted.append(CONTROL)
    try:
        return tuple(look_up(CONTESTANTS, name) for name in wanted) or _ALL
    except ValueError as error:
        raise ValueError(f"`--methods`: {error}") from None
