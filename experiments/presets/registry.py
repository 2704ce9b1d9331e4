"""Configurations that ship with the package, by name: ``--config cortex``."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ..config.components import look_up
from ..config.nested_keys import read_config


def presets() -> dict[str, Traversable]:
    """Every configuration that ships with the package, by its name."""
    found = files("spikemodes.experiments.presets").iterdir()
    return {path.name.removesuffix(".yaml"): path for path in found if path.name.endswith(".yaml")}


def read_given(name: Path) -> dict[str, Any]:
    """Read a configuration: a file, or what ships with the package by that name.

    Raises `ValueError` or `FileNotFoundError` of one line.
    """
    if name.suffix or name.exists() or len(name.parts) > 1:
        return read_config(name)
    return preset_named(str(name))


def preset_named(name: str) -> dict[str, Any]:
    """What ships with the package by a name. Raises `ValueError` that suggests the nearest one."""
    return read_config(Path(str(look_up(presets(), name))))
