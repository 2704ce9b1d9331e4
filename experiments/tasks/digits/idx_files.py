"""Files of the IDX format, in which MNIST is published: ``ubyte`` arrays, gzipped or not."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

_UNSIGNED_BYTE = 8


def find_idx(folder: Path, stem: str, n_axes: int) -> Path:
    """Give the file ``STEM-idxN-ubyte`` or ``STEM.idxN-ubyte``, with or without ``.gz``.

    Raises `ValueError` if there is none.
    """
    names = [f"{stem}{dot}idx{n_axes}-ubyte{end}" for end in ("", ".gz") for dot in "-."]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise ValueError(
        f"`data` must be a folder with {names[0]}, gzipped or not: there is none in `{folder}`."
        " Leave `data` and SPIKEMODES_DATA out to download MNIST, or take dataset=digits8x8."
    )


def read_idx(path: Path, n_axes: int) -> UInt8[np.ndarray, "..."]:
    """Read an array of unsigned bytes with `n_axes` axes.

    Raises `ValueError` naming the file if it is truncated or something else.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, f"it cannot be unpacked ({error})") from None
    header = 4 + 4 * n_axes
    if len(content) < header or content[:4] != bytes([0, 0, _UNSIGNED_BYTE, n_axes]):
        raise _damaged(path, f"it does not start as one of {n_axes} axes")
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", n_axes, 4))
    if len(content) - header != math.prod(shape):
        raise _damaged(
            path, f"it holds {len(content) - header:,} of {math.prod(shape):,} values announced"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _damaged(path: Path, what: str) -> ValueError:
    return ValueError(
        f"`data` must hold whole idx-ubyte files: `{path}` is none, {what}. Fetch it again."
    )
