"""A sweep as its file describes it: a grid of settings, one cell for each combination."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError
from spikemodes.models.files import AnyPath

from ..config.checking import parse
from ..config.components import Keys
from ..config.nested_keys import flat, merge, nested, read_config
from ..config.spec import Spec, parse_spec
from ..pipeline.directory import Step

Scalar = str | int | float | bool | None
_LONGEST_NAME = 200  # characters; file systems take 255


def _grids(given: Any) -> Any:
    return [given] if isinstance(given, Mapping) else given


def _values(given: Any) -> list[Scalar]:
    if not isinstance(given, list):
        fix = {"fix": f"Write it in brackets, such as [{given}]." if _plain(given) else ""}
        raise PydanticCustomError("no_list", "must be a list of values", fix)
    if not given:
        raise PydanticCustomError("no_values", "must list at least one value")
    if not all(map(_plain, given)):
        raise PydanticCustomError("no_values", "must list plain values, numbers or text")
    return given


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | None)


Grid = dict[str, Annotated[list[Scalar], PlainValidator(_values)]]


class SweepKeys(Keys):
    """The keys of a sweep's file.

    ``grid`` maps dotted keys of a run's configuration to lists of values; every combination is a
    cell. A list of such grids is their union. ``base`` holds what all cells share, ``until`` the
    last step of `spikemodes run` that each cell takes.
    """

    grid: Annotated[list[Grid], BeforeValidator(_grids)] = Field(default_factory=list)
    base: dict[str, Any] = Field(default_factory=dict)
    until: Step = "validate"


@dataclass(frozen=True)
class Cell:
    """One combination of settings, and the whole configuration that it makes.

    Parameters
    ----------
    name
        The settings as text, the name of the cell's run directory.
    spec
        The checked configuration.
    """

    name: str
    spec: Spec


@dataclass(frozen=True)
class SweepPlan:
    """All cells of a sweep, which settings they vary, and how far each is run."""

    cells: tuple[Cell, ...]
    varied: tuple[str, ...]
    until: Step


def read_plan(path: AnyPath) -> SweepPlan:
    """Read a sweep's file and check every cell.

    Raises `ValueError` or `FileNotFoundError` of one line: key, rule, got, fix.
    """
    config = read_config(path)
    try:
        keys = parse(SweepKeys, config)
        cells = [
            _cell(keys.base, dict(zip(grid, values, strict=True)))
            for grid in filter(None, keys.grid)
            for values in product(*grid.values())
        ]
    except ValueError as error:
        reason = str(error)
        if isinstance(config.get("grid"), Mapping):  # the only one: people did not number it
            reason = reason.replace("`grid.0.", "`grid.", 1)
        raise ValueError(f"`{path}`: {reason}") from None
    if not cells:
        raise ValueError(
            f"`{path}`: `grid` must list values of at least one key: got none."
            " Write it like grid: {network.modes: [1, 3], seed: [0, 1, 2]}."
        )
    for name, count in Counter(cell.name for cell in cells).items():
        if count > 1:
            raise ValueError(
                f"`{path}`: `grid` must name each cell once: {name} is there {count} times."
                " Remove what repeats it."
            )
    varied = dict.fromkeys(key for grid in keys.grid for key in grid)
    return SweepPlan(tuple(cells), tuple(varied), keys.until)


def value_of(spec: Spec, key: str) -> Any:
    """Look up a dotted key; a component stands for its name."""
    rows = flat(spec.resolved())
    return rows[key] if key in rows else rows[f"{key}.name"]


def _cell(base: Mapping[str, Any], settings: Mapping[str, Any]) -> Cell:
    name = ",".join(f"{key}={value}" for key, value in settings.items())
    name = re.sub(r"[^\w.,=+-]+", "-", name)
    if len(name) > _LONGEST_NAME:
        raise ValueError(
            f"`grid` must name its cells in {_LONGEST_NAME} characters: got {len(name)}."
            " Move what does not vary to `base`."
        )
    spec = parse_spec(merge([base, *(nested(key, value) for key, value in settings.items())]))
    return Cell(name, spec)
