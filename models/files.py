"""Files that are written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

AnyPath = str | os.PathLike[str]
"""What a function that reads or writes a file takes."""

_PART = ".part"


class NewerFormatError(ValueError):
    """A file is in a format that only a newer version of the package reads."""


def require_known_format(found: Any, newest: int, path: AnyPath) -> None:
    """Raise `NewerFormatError` unless the file at `path` is in a format up to `newest`."""
    if not isinstance(found, int) or found > newest:
        raise NewerFormatError(
            f"`{path}` must be in format {newest} or an older one: got {found!r}."
            " Install the version of spikemodes that wrote it, or a newer one."
        )


@contextmanager
def atomic_write(path: AnyPath) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the name `path` only if all went well."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_PART}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def is_temporary(path: Path) -> bool:
    """Whether `path` is what `atomic_write` leaves when its process is killed."""
    return path.name.startswith(".") and path.suffix == _PART


def cache_directory() -> Path:
    """Where builds are kept: ``$SPIKEMODES_CACHE``, or the user's cache directory."""
    return Path(os.environ.get("SPIKEMODES_CACHE") or user_cache_path("spikemodes"))
