"""What a simulation gives back: spikes, mode activity, outputs and chosen states."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from brian2 import Quantity, second
from jaxtyping import Bool, Float, Int

from .files import AnyPath, NewerFormatError, atomic_write, require_known_format

FORMAT = 1
"""Of the file that `Recording` writes."""

_STATE = "state."  # starts the name of what a state of the neurons is called in the file


@dataclass(frozen=True, eq=False)
class Recording:
    """Activity of B trials over T steps of a network of N neurons and P modes.

    Spikes are events, sorted by step, then trial, then neuron; one row is (step, trial, neuron).

    Parameters
    ----------
    spikes
        Spike events (S × 3).
    n_neurons, n_trials, n_steps
        N, B, T.
    dt
        Duration of a step [s, a Brian2 quantity].
    outputs
        Readout y (T × B × O), or (B × O) for a readout with one value per trial.
    modes
        Filtered mode activity r after each step's update (T × B × P); P = 0 without modes.
    states
        Neuron variables recorded on request, in SI units, by name (T × B × recorded neurons).
    state_neurons
        Indices of the neurons in `states`.
    """

    spikes: Int[np.ndarray, "S 3"]
    n_neurons: int
    n_trials: int
    n_steps: int
    dt: Quantity
    outputs: Float[np.ndarray, "T B O"] | Float[np.ndarray, "B O"]
    modes: Float[np.ndarray, "T B P"]
    states: dict[str, Float[np.ndarray, "T B R"]] = field(default_factory=dict)
    state_neurons: Int[np.ndarray, " R"] = field(default_factory=lambda: np.zeros(0, int))

    @cached_property
    def raster(self) -> Bool[np.ndarray, "T B N"]:
        """Spikes as a dense array of booleans."""
        raster = np.zeros((self.n_steps, self.n_trials, self.n_neurons), bool)
        raster[tuple(self.spikes.T)] = True
        return raster

    @property
    def duration(self) -> Quantity:
        """Length of a trial."""
        return self.n_steps * self.dt

    @property
    def rate_hz(self) -> float:
        """Mean firing rate over neurons and trials [Hz]."""
        return len(self.spikes) / (self.n_neurons * self.n_trials * float(self.duration))

    def at_step(self, dt: Quantity) -> "Recording":
        """Sample outputs, modes and states at the end of each longer step `dt`."""
        stride = round(float(dt) / float(self.dt))
        last = slice(stride - 1, None, stride)
        per_step = self.outputs.ndim == 3
        return Recording(
            spikes=np.column_stack([self.spikes[:, 0] // stride, self.spikes[:, 1:]]),
            n_neurons=self.n_neurons,
            n_trials=self.n_trials,
            n_steps=self.n_steps // stride,
            dt=dt,
            outputs=self.outputs[last] if per_step else self.outputs,
            modes=self.modes[last],
            states={name: values[last] for name, values in self.states.items()},
            state_neurons=self.state_neurons,
        )

    def save(self, path: AnyPath) -> None:
        """Write to a compressed ``.npz`` file, whole or not at all."""
        with atomic_write(path) as temporary, temporary.open("wb") as file:
            arrays = {
                "format": np.array(FORMAT),
                "spikes": self.spikes.astype(np.int32),
                "shape": np.array([self.n_steps, self.n_trials, self.n_neurons]),
                "dt_seconds": np.array(float(self.dt)),
                "outputs": self.outputs,
                "modes": self.modes,
                "state_neurons": self.state_neurons,
            } | {_STATE + name: values for name, values in self.states.items()}
            np.savez_compressed(file, allow_pickle=False, **arrays)

    @staticmethod
    def load(path: AnyPath) -> "Recording":
        """Read what `save` wrote.

        Raises `ValueError` if the file is damaged or in a newer format.
        """
        try:
            # numpy leaves a path that it cannot read open
            with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                require_known_format(int(file.get("format", FORMAT)), FORMAT, path)
                data = dict(file)
            n_steps, n_trials, n_neurons = map(int, data["shape"])
            return Recording(
                spikes=data["spikes"].astype(int),
                n_neurons=n_neurons,
                n_trials=n_trials,
                n_steps=n_steps,
                dt=float(data["dt_seconds"]) * second,
                outputs=data["outputs"],
                modes=data["modes"],
                states={
                    key.removeprefix(_STATE): values
                    for key, values in data.items()
                    if key.startswith(_STATE)
                },
                state_neurons=data["state_neurons"],
            )
        except (FileNotFoundError, NewerFormatError):
            raise
        except Exception as error:
            raise ValueError(
                f"`{path}` must be a recording written by spikemodes: it cannot be read ({error})."
            ) from None


def joined(batches: Sequence[Recording], n_trials: int) -> Recording:
    """Put recordings of batches of one size behind each other; keep the first `n_trials` trials."""
    first, size = batches[0], batches[0].n_trials
    if len(batches) == 1 and size == n_trials:
        return first
    offset = np.array([0, size, 0])
    spikes = np.concatenate([batch.spikes + i * offset for i, batch in enumerate(batches)])
    spikes = spikes[spikes[:, 1] < n_trials]

    def along_trials(arrays: Sequence[np.ndarray], axis: int = 1) -> np.ndarray:
        return np.concatenate(arrays, axis).take(np.arange(n_trials), axis)

    return Recording(
        spikes=spikes[np.lexsort(spikes.T[::-1])],
        n_neurons=first.n_neurons,
        n_trials=n_trials,
        n_steps=first.n_steps,
        dt=first.dt,
        outputs=along_trials([batch.outputs for batch in batches], axis=first.outputs.ndim - 2),
        modes=along_trials([batch.modes for batch in batches]),
        states={
            name: along_trials([batch.states[name] for batch in batches]) for name in first.states
        },
        state_neurons=first.state_neurons,
    )
