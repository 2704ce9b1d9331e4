"""Nested keys of a configuration: read from a file, set one by one, merged, written flat."""

from collections.abc import Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import yaml


def read_config(path: Path) -> dict[str, Any]:
    """Read a YAML file of keys. Raises `ValueError` or `FileNotFoundError` of one line."""
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"`{path}` must be a configuration file: there is none.") from None
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        reason = " ".join(str(error).split())
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            reason = f"line {error.problem_mark.line + 1}: {error.problem}"
        raise ValueError(f"`{path}` must be readable YAML: got {reason}. Correct it.") from None
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise ValueError(f"`{path}` must hold keys such as `seed: 0`: got {type(config).__name__}.")
    return config


def parse_setting(setting: str) -> dict[str, Any]:
    """Read ``key.path=value``, the value as YAML, into nested keys."""
    path, equals, text = setting.partition("=")
    if not equals or not all(path.split(".")):
        raise ValueError(
            f"`--set` must be key.path=value: got {setting!r}."
            " Write it like --set train.updates=100."
        )
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError(
            f"`--set {path}` must have a YAML value: got {text!r}. Quote special characters."
        ) from None
    return nested(path, value)


def nested(path: str, value: Any) -> dict[str, Any]:
    """Write a dotted key as nested ones."""
    return reduce(lambda inner, key: {key: inner}, reversed(path.split(".")), value)


def merge(configs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge nested keys; later ones win. Text that keys are merged into is a component's name."""
    merged: dict[str, Any] = {}
    for config in configs:
        for key, value in config.items():
            before = merged.get(key)
            if isinstance(value, Mapping) and isinstance(before, Mapping | str):
                named = {"name": before} if isinstance(before, str) else before
                value = merge([named, value])
            merged[key] = value
    return merged


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Write nested keys as dotted ones."""
    rows: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            rows |= {f"{key}.{inner}": entry for inner, entry in flat(value).items()}
        else:
            rows[key] = value
    return rows
