"""Named groups of arrays in one compressed file."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from spikemodes.models.files import (
    AnyPath,
    NewerFormatError,
    atomic_write,
    require_known_format,
)

Groups = dict[str, dict[str, np.ndarray]]


def write_groups(
    path: AnyPath, groups: Mapping[str, Mapping[str, np.ndarray]], *, written_as: int
) -> None:
    """Write arrays by group and name to an ``.npz`` file, whole or not at all."""
    arrays: dict[str, Any] = {
        f"{group}/{name}": array for group, named in groups.items() for name, array in named.items()
    }
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, format=np.array(written_as), **arrays)


def read_groups(path: AnyPath, *, known: int) -> Groups:
    """Read what `write_groups` wrote.

    Raises `ValueError` or `FileNotFoundError` naming the file: it is missing, damaged or in a
    format newer than is `known`.
    """
    groups: Groups = {}
    try:
        with np.load(path, allow_pickle=False) as file:
            require_known_format(int(file.get("format", known)), known, path)
            for key, array in file.items():
                group, slash, name = key.partition("/")
                if slash:
                    groups.setdefault(group, {})[name] = array
    except FileNotFoundError:
        raise FileNotFoundError(
            f"`{path}` must hold the analysis of the run: there is none."
            " Run `spikemodes analyse` first."
        ) from None
    except NewerFormatError:
        raise
    except Exception as error:  # zip, zlib and numpy each have their own
        raise ValueError(
            f"`{path}` must be written by `spikemodes analyse`: it cannot be read ({error})."
            " Run that again."
        ) from None
    return groups
