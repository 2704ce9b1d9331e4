"""Frozen dataclasses as the plain data of JSON, and back."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

INLINE = {"inline": True}
"""Metadata of a field whose own entries stand among those of the dataclass that has it."""

Part = TypeVar("Part")


def number(value: float | None) -> float:
    """Give a number that may not be known, as NaN then."""
    return math.nan if value is None else value


def to_plain(value: Any) -> Any:
    """Write dataclasses as mappings, numpy's numbers as Python's, those that JSON lacks as null.

    A field that is ``None`` by default is left out while it is.
    """
    if is_dataclass(value):
        entries: dict[str, Any] = {}
        for field in fields(value):
            entry = getattr(value, field.name)
            if field.metadata == INLINE:
                entries |= to_plain(entry)
            elif entry is not None or field.default is not None:
                entries[field.name] = to_plain(entry)
        return entries
    if isinstance(value, Mapping):
        return {key: to_plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return to_plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def from_plain(kind: type[Part], entries: Any, name: str = "it") -> Part:
    """Read what `to_plain` made of a `kind`; an entry that may be ``None`` may be missing.

    Raises `ValueError` saying what is wrong with which part, the whole being called `name`.
    """
    if not isinstance(entries, Mapping):
        raise ValueError(f"{name} holds a {type(entries).__name__}")
    assert is_dataclass(kind)
    hints, values = get_type_hints(kind), {}
    own = {field.name for field in fields(kind) if field.metadata != INLINE}
    for field in fields(kind):
        hint = hints[field.name]
        if field.name not in own:
            values[field.name] = _read(hint, {k: entries[k] for k in entries if k not in own}, name)
        elif field.name in entries:
            values[field.name] = _read(hint, entries[field.name], field.name)
        elif field.default is MISSING:
            if NoneType not in get_args(hint):
                raise ValueError(f"{name} has no {field.name}")
            values[field.name] = None
    return kind(**values)


def _read(hint: Any, value: Any, name: str) -> Any:
    if NoneType in get_args(hint) and value is not None:  # of an optional mapping, its entries
        hint = next(one for one in get_args(hint) if one is not NoneType)
    kind = next((one for one in (hint, *get_args(hint)) if is_dataclass(one)), None)
    if isinstance(kind, type) and value is not None:
        if get_origin(hint) is Mapping:
            return {key: from_plain(kind, entry, key) for key, entry in value.items()}
        return from_plain(kind, value, name)
    return tuple(value) if isinstance(value, list) else value
