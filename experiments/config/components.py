"""Named, parameterised parts of a configuration, read off the signatures of what they build."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from functools import cache, partial
from inspect import get_annotations, signature
from typing import Annotated, Any, ClassVar, Literal, get_origin

import numpy as np
from brian2 import Quantity, have_same_dimensions
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializeAsAny,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError
from spikemodes.models.quantities import format_quantity, parse_quantity

FROM_CONTEXT = frozenset({"dt_input"})
"""Parameters that follow from the rest of the configuration and so are no keys of their own."""


class Keys(BaseModel):
    """A group of keys of a configuration; a key it does not have is an error."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            raise PydanticCustomError("group", "must be a group of keys")
        for key in given:
            if key not in cls.model_fields:
                nearest = get_close_matches(str(key), cls.model_fields, n=1)
                raise PydanticCustomError(
                    "unknown_key",
                    "one of {known}",
                    {"key": str(key), "nearest": nearest, "known": ", ".join(cls.model_fields)},
                )
        return given


class Component(Keys):
    """The keys of something that is built from a name and parameters.

    Subclasses come from `component`; their fields are the parameters of `factory`.
    """

    factory: ClassVar[Callable[..., Any]]
    name: str

    def build(self, **context: Any) -> Any:
        """Build it. Of `context`, such as ``dt_input``, it gets what its signature asks for."""
        given = {key: getattr(self, key) for key in type(self).model_fields if key != "name"}
        parameters = {k: v.build() if isinstance(v, Component) else v for k, v in given.items()}
        wanted = defaults_of(type(self).factory).keys() & context.keys()
        return type(self).factory(**parameters, **{key: context[key] for key in wanted})

    @model_validator(mode="after")
    def _builds(self) -> "Component":
        self.build()
        return self


def defaults_of(factory: Callable[..., Any]) -> dict[str, Any]:
    """Give the parameters of a function or dataclass with their defaults."""
    if is_dataclass(factory):
        return {
            f.name: f.default if f.default_factory is MISSING else f.default_factory()
            for f in fields(factory)
            if f.init
        }
    return {name: parameter.default for name, parameter in signature(factory).parameters.items()}


def text_like(example: Quantity, fix: str = "") -> tuple[PlainValidator, PlainSerializer]:
    """Mark a key whose quantity is written as text, with a unit like that of `example`.

    `fix` is what messages advise in place of a default.
    """

    def parse(value: Any) -> Quantity:
        quantity = value
        if isinstance(value, str):
            with suppress(ValueError):
                quantity = parse_quantity(value)
        fits = isinstance(quantity, Quantity) and have_same_dimensions(quantity, example)
        if not fits or np.ndim(quantity):
            raise PydanticCustomError(
                "quantity",
                "must be a number with a unit, such as '{example}'",
                {"example": format_quantity(example), "fix": fix},
            )
        return quantity

    return PlainValidator(parse), PlainSerializer(format_quantity)


def plain(value: Any) -> Any:
    """Turn what Python code may give in place of text and numbers into these."""
    match value:
        case Mapping():
            return {key: plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [plain(entry) for entry in value]
        case Quantity(ndim=1):
            return [format_quantity(entry) for entry in value]
        case Quantity(ndim=0):
            return format_quantity(value)
        case np.ndarray() | np.generic():
            return value.tolist()
    return value


@cache
def component(name: str, factory: Callable[..., Any]) -> type[Component]:
    """Make the keys of `factory`: one per parameter, with its default, and the fixed name.

    The default tells what a key takes, unless the signature is annotated for pydantic, or the field
    of a dataclass says so in its metadata: by the registry ``one_of``, where the key is a component
    itself, or by what it ``takes``, where its default is ``None``.
    """
    keys: dict[str, Any] = {"name": (Literal[name], name)}
    stated = get_annotations(factory)
    registries, taken = _metadata(factory, "one_of"), _metadata(factory, "takes")
    for key, default in defaults_of(factory).items():
        if key in FROM_CONTEXT:
            continue
        kind = type(default)
        if registry := registries.get(key):
            find = partial(look_up, registry)
            kind = Annotated[SerializeAsAny[Component], one_of(find, default.name)]
            keys[key] = (kind, Field(default=default.name, validate_default=True))
            continue
        if key in taken:
            kind = taken[key]
        elif get_origin(stated.get(key)) is Annotated:
            kind = stated[key]
        elif isinstance(default, Mapping):
            kind = Annotated[Mapping[str, Any], PlainSerializer(plain)]
        elif isinstance(default, Quantity):
            kind = Annotated[Quantity, *text_like(default)]
        keys[key] = (kind, Field(default=default))
    made = create_model(name, __base__=Component, **keys)
    made.factory = factory
    return made


def _metadata(factory: Callable[..., Any], name: str) -> dict[str, Any]:
    if not is_dataclass(factory):
        return {}
    return {f.name: f.metadata[name] for f in fields(factory) if name in f.metadata}


def one_of(
    find: Callable[[str], Callable[..., Any]], default: str | None = None
) -> BeforeValidator:
    """Mark a key that holds one of several components, `default` if not named.

    `find` gives the factory of a name and raises `ValueError` for one it does not know. The name
    alone stands for the component with all its defaults.
    """

    def choose(given: Any) -> Any:
        if isinstance(given, Component):
            return given
        given = {"name": given} if isinstance(given, str) else given
        if not isinstance(given, Mapping):
            raise PydanticCustomError("group", "must be a name or a group of keys")
        if given.get("name", default) is None:
            raise PydanticCustomError("group", "must have a name, such as 'name: ...'")
        name = str(given.get("name", default))
        return component(name, find(name)).model_validate({**given, "name": name})

    return BeforeValidator(choose)


def look_up(registry: Mapping[str, Any], name: str) -> Any:
    """Give the entry of `name`. Raises `ValueError` that suggests the nearest name."""
    if name in registry:
        return registry[name]
    nearest = get_close_matches(name, registry, n=1)
    fix = f" Did you mean {nearest[0]}?" if nearest else ""
    raise ValueError(f"`name` must be one of {', '.join(registry)}: got {name!r}.{fix}")
