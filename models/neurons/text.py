"""Pieces of a model in Brian2's language: is each of them text, and can Brian2 read it at all?

Whether it means something is Brian2's to say, when it reads the whole model.
"""

from functools import lru_cache
from typing import Any

import brian2
from brian2.equations.equations import EquationError

from ..quantities import shorten


def brian_text(given: Any, name: str, *, empty: bool = True) -> str:
    """Take a piece of text, ``None`` as ``""`` if it may be `empty`.

    Raises `ValueError` for what is no text, and for powers that are not written as in Brian2.
    """
    found = "" if given is None else given
    if not isinstance(found, str) or not (empty or found.strip()):
        raise ValueError(f"`{name}` must be text in Brian2's language: got {shorten(given)}.")
    for line in found.splitlines():
        if "^" in line.partition("#")[0]:
            raise ValueError(
                f"`{name}` must have ** for powers: got {shorten(line.strip())}."
                " Write x**2 for x^2."
            )
    return found


def equation_text(given: Any) -> str:
    """Take the equations of a model.

    Raises `ValueError` as `brian_text` does, and naming the line that cannot be read.
    """
    return _readable(brian_text(given, "equations"))


@lru_cache(maxsize=256)
def _readable(equations: str) -> str:
    if (error := _syntax_error(equations)) is None:
        return equations
    lines = [line.partition("#")[0].strip() for line in equations.splitlines()]
    number = getattr(error.__cause__, "lineno", None)
    if number is None:  # the lines before it can be read without it
        above = ("\n".join(lines[: k + 1]) for k in range(len(lines)))
        number = next((k for k, text in enumerate(above, 1) if _same(text, error)), 1)
    line = lines[min(number, len(lines)) - 1] if lines else ""
    if isinstance(error, EquationError) and error.__cause__ is not None:
        fix = "Write each as dv/dt = (E - v)/tau : volt, with its unit (1 for none)."
    else:
        reason = " ".join(str(error).split()).partition(" The following")[0]
        fix = f"Brian2 says: {reason.partition(' (<unknown>')[0].rstrip('.')}."
    raise ValueError(f"`equations` must be ones that Brian2 can read: got {shorten(line)}. {fix}")


def _same(text: str, error: Exception) -> bool:
    return type(_syntax_error(text)) is type(error)


def _syntax_error(equations: str) -> Exception | None:
    """What keeps Brian2 from reading the text; names that it refuses are none of it."""
    try:
        brian2.Equations(equations)
    except EquationError as error:
        no_statement = error.__cause__ is not None
        return error if no_statement or "unit specification" in str(error) else None
    except SyntaxError as error:
        return error if error.filename == "<unknown>" else None
    except Exception:
        return None
    return None
