"""Named, parameterised parts of a configuration, read off the signatures of what they build."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from inspect import signature
from typing import Annotated, Any, ClassVar, Literal

from brian2 import Quantity, have_same_dimensions
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
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
        parameters = {key: getattr(self, key) for key in type(self).model_fields if key != "name"}
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


def text_like(example: Quantity) -> tuple[PlainValidator, PlainSerializer]:
    """Mark a key whose quantity is written as text, with a unit like that of `example`."""

    def parse(value: Any) -> Quantity:
        try:
            quantity = parse_quantity(value) if isinstance(value, str) else value
        except ValueError:
            quantity = None
        if not isinstance(quantity, Quantity) or not have_same_dimensions(quantity, example):
            raise PydanticCustomError(
                "quantity",
                "must be a number with a unit, such as '{example}'",
                {"example": format_quantity(example)},
            )
        return quantity

    return PlainValidator(parse), PlainSerializer(format_quantity)


@cache
def component(name: str, factory: Callable[..., Any]) -> type[Component]:
    """Make the keys of `factory`: one per parameter, with its default, and the fixed name."""
    keys: dict[str, Any] = {"name": (Literal[name], name)}
    for key, default in defaults_of(factory).items():
        if key not in FROM_CONTEXT:
            kind = Mapping[str, Any] if isinstance(default, Mapping) else type(default)
            if isinstance(default, Quantity):
                kind = Annotated[Quantity, *text_like(default)]
            keys[key] = (kind, Field(default=default))
    made = create_model(name, __base__=Component, **keys)
    made.factory = factory
    return made


def one_of(find: Callable[[str], Callable[..., Any]], default: str) -> BeforeValidator:
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
