"""From a structure to a program that runs it, compiled once in a process at most."""

import shutil
import warnings
from collections.abc import Callable
from typing import Protocol

import numpy as np

from .runtime import RuntimeProgram
from .standalone import StandaloneProgram
from .structure import Structure

TARGETS = ("cpp_standalone", "cython", "numpy")


class Program(Protocol):
    """A Brian2 network of fixed structure that can be run with different values."""

    def run(self, values: dict[str, np.ndarray], seed: int = 0) -> dict[str, np.ndarray]:
        """Simulate; gives the arrays of the monitors by ``object.variable``."""
        ...


_compiled: dict[Structure, StandaloneProgram] = {}


def program_of(
    structure: Structure, target: str, on_compile: Callable[[], None] | None = None
) -> tuple[Program, str, bool]:
    """Give the program, its target, and whether the compiler had to run for it.

    The target is ``numpy`` in place of ``cpp_standalone`` where there is no C++ compiler.
    `on_compile` is called before the compiler runs.
    """
    if target == "cpp_standalone" and shutil.which("g++") is None and shutil.which("c++") is None:
        warnings.warn(
            "No C++ compiler found: Brian2 falls back to numpy code generation, which is slower."
            " Install g++ for target cpp_standalone.",
            stacklevel=4,
        )
        target = "numpy"
    if target != "cpp_standalone":
        return RuntimeProgram(structure, target), target, False
    if structure in _compiled:
        return _compiled[structure], target, False
    program = _compiled[structure] = StandaloneProgram.build(structure, on_compile)
    return program, target, program.newly_compiled
