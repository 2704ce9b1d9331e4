"""Brian2's global state (device, preferences) as the caller left it."""

import itertools
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import brian2
import numpy as np
from brian2 import prefs
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.devices.device import Device, all_devices, reset_device, set_device

_turn = threading.RLock()  # Brian2's state is the process's: one thread at a time
_device_names = (f"spikemodes_{n}" for n in itertools.count())


@contextmanager
def brian_runtime(codegen: str = "numpy", seed: int | None = None) -> Iterator[None]:
    """Work on Brian2's runtime device with the code generation target `codegen`.

    With a `seed`, what it draws at random is repeatable.
    """
    with (
        _device("runtime"),
        _preferences({"codegen.target": codegen}),
        _numpy_state(),
        _without_order_warnings(),
    ):
        if seed is not None:
            brian2.seed(seed)
        yield


@contextmanager
def brian_standalone(compile_flags: list[str]) -> Iterator[CPPStandaloneDevice]:
    """Work on a C++ standalone device of our own, so that the user's is not touched."""
    name = next(_device_names)
    device = all_devices[name] = CPPStandaloneDevice()
    try:
        with (
            _device(name),
            _preferences({"codegen.cpp.extra_compile_args_gcc": compile_flags}),
            _without_order_warnings(),
        ):
            yield device
    finally:
        del all_devices[name]


@contextmanager
def _without_order_warnings() -> Iterator[None]:
    """Silence the warning that it matters in which order synapses draw random numbers."""
    logger = logging.getLogger("brian2.codegen.generators.base")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _numpy_state() -> Iterator[None]:
    """Keep numpy's global generator, from which Brian2 draws, as it is for others."""
    before = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


@contextmanager
def _device(name: str) -> Iterator[Device]:
    with _turn:
        set_device(name, build_on_run=False)
        try:
            yield all_devices[name]
        finally:
            reset_device()


@contextmanager
def _preferences(changed: dict[str, object]) -> Iterator[None]:
    before = {name: prefs[name] for name in changed}
    for name, value in changed.items():
        prefs[name] = value
    try:
        yield
    finally:
        for name, value in before.items():
            prefs[name] = value
