"""Recorded trials in ``.npz`` files."""

import math
import zipfile
from pathlib import Path

import numpy as np

from ..registry import listed
from .recorded_trials import RecordedTrials, number_classes, positions

MEMBERS = ("inputs", "labels", "targets", "channels")
_LARGE = 2**30  # bytes
_CLOSEST = 200  # times: a large array that is packed closer is there to fill the memory


def read_npz(path: Path, channels: tuple[str, ...]) -> RecordedTrials:
    """Read ``inputs`` (trial × time × channel) and ``labels`` (trial) or ``targets``.

    Shorter trials are filled up with NaN in all channels. An array ``channels`` may hold names.
    Capitals in the names of arrays do not matter; arrays of other names are left alone.

    Raises `ValueError` that says what is wrong.
    """
    arrays = _arrays(path)
    inputs, targets, labels = arrays["inputs"], arrays.get("targets"), arrays.get("labels")
    names = tuple(map(_text, arrays["channels"].ravel())) if "channels" in arrays else ()
    if channels and inputs.ndim == 3:
        known = names or tuple(map(str, range(inputs.shape[2])))
        if len(known) == inputs.shape[2]:
            inputs, names = inputs[:, :, positions(channels, known)], channels
    classes: tuple[str, ...] = ()
    if labels is not None:
        column = labels.ndim == 2 and 1 in labels.shape  # as MATLAB has them
        labels, classes = number_classes(labels.ravel() if column else labels)
    return RecordedTrials(
        inputs=_floats(inputs),
        labels=labels,
        targets=None if targets is None else _floats(targets),
        channels=names,
        classes=classes,
    )


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of known names. Nothing is unpickled."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {
                member.filename.removesuffix(".npy").lower(): member
                for member in archive.infolist()
            }
            known = [name for name in MEMBERS if name in members]
            arrays = {name: _array(archive, members[name], name) for name in known}
    except ValueError:
        raise
    except Exception as error:  # zip, zlib and numpy each have their own
        reason = str(error).partition(".")[0] or type(error).__name__
        raise ValueError(f"nothing can be read ({reason}).") from None
    if "inputs" not in arrays:
        raise ValueError(f"there is no `inputs`, only {listed(list(members)) or 'nothing'}.")
    for name in [name for name in ("inputs", "targets") if name in arrays]:
        if arrays[name].dtype.kind not in "biuf":
            raise ValueError(f"`{name}` must be numbers: got {arrays[name].dtype}.")
    return arrays


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> np.ndarray:
    """Read an array, if the archive holds as much as its head says."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read_head = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version, np.lib.format.read_array_header_2_0)
        shape, _, dtype = read_head(file)
    if dtype.hasobject:
        fix = "names.astype(str)" if name in {"labels", "channels"} else "NaN after shorter trials"
        raise ValueError(f"`{name}` must hold no Python objects. Save it as one array: use {fix}.")
    size = math.prod(shape) * dtype.itemsize
    if size > member.file_size or size > max(_LARGE, _CLOSEST * member.compress_size):
        raise ValueError(
            f"`{name}` must be whole: its head says {size:,} bytes, and there are"
            f" {member.compress_size:,}."
        )
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _text(name: object) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)


def _floats(values: np.ndarray) -> np.ndarray:
    """Give values as floats, of single precision where that holds them all."""
    kind = np.result_type(values.dtype, np.float32)
    with np.errstate(over="ignore"):  # of more than double precision; infinity is refused later
        return values.astype(kind if kind.itemsize <= 8 else np.float64)
