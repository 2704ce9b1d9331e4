"""Fused kernels on disk: written once per model, compiled by numba, found again by their source."""

import hashlib
import importlib.util
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numba
from filelock import FileLock
from spikemodes.models.files import atomic_write
from spikemodes.models.standalone import cache_directory

from .kernel_source import kernel_source
from .step import StepModel


@dataclass(frozen=True)
class Kernels:
    """The kernels of one model, compiled at their first call.

    Parameters
    ----------
    forward, backward
        The functions of ``kernel.template``.
    saved
        State variables that the forward pass keeps for the adjoint.
    directory
        Where source and machine code are kept.
    """

    forward: Callable
    backward: Callable
    saved: tuple[str, ...]
    directory: Path

    @property
    def compiled(self) -> bool:
        """Whether numba has the machine code on disk: of both functions, an index and the code."""
        return len(list(self.directory.glob("__pycache__/*.nbc"))) >= 2

    def discard(self) -> None:
        """Remove source and machine code; the next `load_kernels` makes them anew."""
        sys.modules.pop(self.directory.name, None)
        shutil.rmtree(self.directory, ignore_errors=True)


def load_kernels(model: StepModel, *, one_to_one: bool, peaks: bool, dtype: str) -> Kernels:
    """Write the kernels of a model, or find them.

    Raises `NoKernelError` for a model that has no kernel.
    """
    source = kernel_source(model, one_to_one=one_to_one, peaks=peaks, dtype=dtype)
    key = hashlib.sha256(f"{numba.__version__}\n{source.text}".encode()).hexdigest()[:20]
    name = f"spikemodes_kernel_{key}"
    directory = cache_directory() / "kernels" / name
    module = _module(name, directory, source.text)
    return Kernels(module.forward, module.backward, source.saved, directory)


def _module(name: str, directory: Path, text: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.py"
    with FileLock(directory.with_suffix(".lock")):
        if not path.is_file() or path.read_text() != text:
            shutil.rmtree(directory / "__pycache__", ignore_errors=True)
            with atomic_write(path) as temporary:
                temporary.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[name] = module
    return module
