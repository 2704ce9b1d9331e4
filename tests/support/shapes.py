"""What checks annotations in the test run: those of arrays, with their shapes."""

from collections.abc import Callable
from typing import Any, get_args

from beartype import beartype
from jaxtyping import AbstractArray


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Enforce what a function says of arrays, and nothing else.

    Other annotations are the static type checker's: names that are imported for it alone, ``Self``
    and protocols are nothing that can be looked up while tests run. Arguments are looked at once a
    call has ended, as a function refuses what is wrong in words of its own.
    """
    hints = function.__annotations__
    if hints.get("return") is Any:  # jaxtyping's check ahead of the call
        return function
    function.__annotations__ = {name: hint for name, hint in hints.items() if _has_array(hint)}
    return beartype(function)


def _has_array(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        return True
    return any(map(_has_array, get_args(hint)))
