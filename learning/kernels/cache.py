"""Fused kernels on disk: written once per model, compiled by numba, found again by their source."""

import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import numba
from filelock import FileLock
from spikemodes.models.files import atomic_write, cache_directory

from .source import KernelSource


@dataclass(frozen=True)
class Kernels:
    """Generated functions, compiled at their first call.

    Parameters
    ----------
    source
        What they were made of.
    functions
        By name.
    directory
        Where source and machine code are kept.
    """

    source: KernelSource
    functions: Mapping[str, Callable]
    directory: Path

    @property
    def compiled(self) -> bool:
        """Whether numba has the machine code on disk: of each function, an index and the code."""
        return len(list(self.directory.glob("__pycache__/*.nbc"))) >= len(self.functions)

    def run(self, name: str, blocks: int, /, **arguments: object) -> None:
        """Call a function for each block of trials, on as many threads as numba may use.

        Numba's own parallel loops would do the same, but take twice as long to compile.
        Raises `TypeError` naming the arguments that are missing, or that the function has not.
        """
        function, names = self.functions[name], self.source.kernels[name]
        if wrong := sorted(arguments.keys() ^ set(names)):
            raise TypeError(
                f"The kernel {name} must get each of its arguments, and no other: see"
                f" `{'`, `'.join(wrong)}`."
            )
        ordered = [arguments[argument] for argument in names]

        def call(block: int) -> None:
            function(block, blocks, *ordered)

        if blocks == 1:
            call(0)
        else:
            list(_threads(numba.get_num_threads(), os.getpid()).map(call, range(blocks)))

    def discard(self) -> None:
        """Remove source and machine code; the next `load_kernels` makes them anew."""
        sys.modules.pop(self.directory.name, None)
        shutil.rmtree(self.directory, ignore_errors=True)


def load_kernels(source: KernelSource) -> Kernels:
    """Put the source on disk, or find it there, and import it."""
    key = hashlib.sha256(f"{numba.__version__}\n{source.text}".encode()).hexdigest()[:20]
    name = f"spikemodes_kernel_{key}"
    directory = cache_directory() / "kernels" / name
    module = _module(name, directory, source.text)
    return Kernels(source, {f: getattr(module, f) for f in source.kernels}, directory)


def prepare_kernels(
    kernels: Kernels, try_out: Callable[[Kernels], None], on_compile: Callable[[], None] | None
) -> None:
    """Compile, or load from the cache, by trying out; a damaged cache is rebuilt.

    `on_compile` is called if the compiler has to run.
    """
    if not kernels.compiled and on_compile:
        on_compile()
    try:
        try_out(kernels)
    except Exception:  # numba's index and code on disk can be damaged in many ways
        kernels.discard()
        if on_compile:
            on_compile()
        try_out(load_kernels(kernels.source))


@lru_cache
def _threads(n_threads: int, process: int) -> ThreadPoolExecutor:
    """Threads that wait for work; a forked `process` has none of its parent's."""
    return ThreadPoolExecutor(n_threads)


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
