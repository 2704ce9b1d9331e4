"""Keys checked as a whole, what is wrong with them in one line."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import ValidationError
from spikemodes.models.quantities import shorten

from .components import Keys
from .nested_keys import named_keys

SomeKeys = TypeVar("SomeKeys", bound=Keys)


def parse(kind: type[SomeKeys], config: Mapping[str, Any]) -> SomeKeys:
    """Check the keys of a `kind`. Raises `ValueError` of one line: key, rule, got, fix."""
    try:
        return kind.model_validate(config)
    except ValidationError as error:
        defaults: dict[str, Any] = {}
        with suppress(ValidationError):  # defaults alone may not fit
            defaults = kind().model_dump()
        raise ValueError(_one_line(error, defaults, config)) from None


def _one_line(error: ValidationError, defaults: Mapping[str, Any], config: Any) -> str:
    """Write the first problem as: key, rule, got, fix."""
    first = error.errors(include_url=False)[0]
    parts, context = [str(part) for part in first["loc"]], first.get("ctx", {})
    if first["type"] == "unknown_key":
        key = ".".join([*parts, context["key"]])
        near = [".".join([*parts, name]) for name in context["nearest"]]
        fix = f"Did you mean {near[0]}?" if near else f"The keys there are {context['known']}."
        return f"`{key}` must be a known key: it is not. {fix}"
    if first["type"] == "value_error":
        message = str(context["error"])
        if parts and message.startswith(f"`{parts[-1]}`"):  # from a check of this very key
            parts.pop()
        return message.replace("`", "".join(["`", *(f"{part}." for part in parts)]), 1)
    key, rule = ".".join(parts), first["msg"].replace("Input should", "must").split(", unable")[0]
    default = _default(parts, defaults, config)
    fix = "Change it." if default is None else f"Default: {default}."
    fix = context.get("fix") or fix
    return f"`{key or 'configuration'}` {rule}: got {shorten(first['input'])}. {fix}"


def _default(parts: list[str], defaults: Any, config: Any) -> Any:
    """Give the default of a key, ``None`` where there is none or a component is not the default."""
    if not parts:
        return None
    for part in parts[:-1]:
        defaults = defaults.get(part) if isinstance(defaults, Mapping) else None
        config = named_keys(config.get(part) if isinstance(config, Mapping) else None)
    if not isinstance(defaults, Mapping) or not isinstance(config, Mapping):
        return None
    default = defaults.get(parts[-1])
    same = config.get("name") in (None, defaults.get("name"))
    return default if same and not isinstance(default, Mapping) else None
