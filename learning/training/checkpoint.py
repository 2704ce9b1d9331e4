"""Training state on disk: a run killed at any moment goes on as if never stopped."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from spikemodes.models.files import atomic_write

FILE = "state.pt"


@dataclass(frozen=True)
class Checkpoint:
    """All that training needs to go on bit for bit.

    Parameters
    ----------
    update
        Updates done.
    loss
        Loss of the last of them.
    twin, optimizer, schedule
        State dictionaries of PyTorch.
    rng
        State of the generator that draws trials.
    seconds
        Training time so far [s].
    """

    update: int
    loss: float
    twin: dict[str, Any]
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    rng: dict[str, Any]
    seconds: float

    def save(self, directory: Path) -> None:
        """Write to `directory`, whole or not at all."""
        directory.mkdir(parents=True, exist_ok=True)
        state = {**vars(self), "rng": json.dumps(self.rng)}
        with atomic_write(directory / FILE) as temporary:
            torch.save(state, temporary)

    @staticmethod
    def load(directory: Path) -> "Checkpoint | None":
        """Read the checkpoint, ``None`` if there is none yet.

        Raises `ValueError` naming the file if it is damaged.
        """
        path = directory / FILE
        if not path.exists():
            return None
        try:
            state = torch.load(path, weights_only=True)
            return Checkpoint(**{**state, "rng": json.loads(state["rng"])})
        except Exception as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise ValueError(
                f"`{path}` must be an undamaged checkpoint: {reason}. Delete it to start again."
            ) from None


def generator(state: dict[str, Any]) -> np.random.Generator:
    """Give the generator that `state` was taken from."""
    rng = np.random.default_rng()
    rng.bit_generator.state = state
    return rng
