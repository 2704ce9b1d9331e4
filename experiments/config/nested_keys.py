"""Nested keys of a configuration: read from a file, set one by one, merged, written flat."""

from collections.abc import Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import yaml
from spikemodes.models.files import AnyPath

_DEEPEST, _WIDEST = 50, 100_000
_NOT_YAML = (yaml.YAMLError, ValueError, RecursionError)  # of numbers and dates; of nesting


class _Loader(yaml.SafeLoader):
    """Reads plain data, in which a key that comes twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                problem = f"the key {key.value} comes twice in a group"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        return super().construct_mapping(node, deep)


def read_config(path: AnyPath) -> dict[str, Any]:
    """Read a YAML file of keys. Raises `ValueError` or `FileNotFoundError` of one line."""
    try:
        config = yaml.load(Path(path).read_text(encoding="utf-8"), _Loader)
        _require_tree([config])
    except FileNotFoundError:
        raise FileNotFoundError(f"`{path}` must be a configuration file: there is none.") from None
    except (*_NOT_YAML, OSError) as error:
        reason = " ".join(str(error).split())
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            reason = f"line {error.problem_mark.line + 1}: {error.problem}"
        raise ValueError(f"`{path}` must be readable YAML: got {reason}. Correct it.") from None
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise ValueError(f"`{path}` must hold keys such as `seed: 0`: got {type(config).__name__}.")
    return config


EARLIER = {"train": {"course": "trials"}}
"""What a configuration that an earlier version has written means by keys that it lacks."""


def read_stored_config(path: AnyPath) -> dict[str, Any]:
    """Read the complete configuration that a run has written; raises as `read_config` does."""
    return merge([EARLIER, read_config(path)])


def parse_setting(setting: str) -> dict[str, Any]:
    """Read ``key.path=value``, the value as YAML, into nested keys."""
    path, equals, text = setting.partition("=")
    if not equals or not all(path.split(".")):
        raise ValueError(
            f"`--set` must be key.path=value: got {setting!r}."
            " Write it like --set train.updates=100."
        )
    try:
        value = yaml.load(text, _Loader)
        _require_tree([value])
    except _NOT_YAML:
        raise ValueError(
            f"`--set {path}` must have a YAML value: got {text!r}. Quote special characters."
        ) from None
    return nested(path, value)


def _require_tree(value: Any) -> None:
    """Raise `ValueError` for groups and lists that hold themselves or unfold without end."""
    level, depth = [value], 0
    while level:
        if depth > _DEEPEST or len(level) > _WIDEST:
            raise ValueError("keys or lists that hold each other without end")
        entries = (group.values() if isinstance(group, dict) else group for group in level)
        level = [entry for each in entries for entry in each if isinstance(entry, dict | list)]
        depth += 1


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
                value = merge([named_keys(before), value])
            merged[key] = value
    return merged


def named_keys(component: Any) -> dict[str, Any]:
    """Give the keys of a component, which may be its name alone; ``{}`` for what is neither."""
    if isinstance(component, str):
        return {"name": component}
    return dict(component) if isinstance(component, Mapping) else {}


def overrule(settings: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a configuration into settings that hold where it does not say otherwise.

    Keys of a component are settings of that component alone: they do not hold for another one
    that the configuration names.
    """
    merged = dict(settings)
    for key, value in config.items():
        before = merged.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping | str):
            named = named_keys(before)
            other = "name" in value and value["name"] != named.get("name")
            merged[key] = value if other else overrule(named, value)
        else:
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
