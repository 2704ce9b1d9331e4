"""Names in generated code: those of a model's text never meet those of the program around it.

Every variable and parameter of a model is written with a suffix that no other name ends with, so
that ``F``, ``c0`` or ``select`` are as good as any. What Brian2 itself reserves stays reserved.
"""

from collections.abc import Collection, Iterable

import brian2

_SUFFIX = "_u"
_GROUP_VARIABLES = frozenset({"not_refractory", "lastspike"})  # of every spiking group of Brian2

CLOCK = ("t", "t_in_timesteps", "i", "N", "lastspike")
"""Variables that Brian2 gives to every group and that a step program has not."""


def coded(name: str) -> str:
    """Write a name of a model's text as it stands in generated code."""
    return f"{name}{_SUFFIX}"


def named(identifier: str) -> str:
    """Give back the name of a model's text."""
    return identifier.removesuffix(_SUFFIX)


def require_free(names: Iterable[str], taken: Collection[str], what: str) -> None:
    """Raise `ValueError` for a name that cannot be a parameter or variable of a model.

    Parameters
    ----------
    names
        Names that a model's author chose.
    taken
        Names that mean something else in its text, such as its inputs.
    what
        What the names are to be, for the message.
    """
    for name in names:
        reason = "it means something else there" if name in {*taken, *_GROUP_VARIABLES} else ""
        try:
            brian2.Equations.check_identifier(name)
        except SyntaxError as error:
            reason = reason or str(error)
        if reason:
            raise ValueError(
                f"`{name}` must be a name that is free in Brian2's equations to be {what}:"
                f" {reason.rstrip('.')}. Choose another name."
            )
