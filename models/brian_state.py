"""Brian2's global state (device, preferences) as the caller left it."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from brian2 import prefs
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.devices.device import Device, all_devices, reset_device, set_device

_device_names = (f"spikemodes_{n}" for n in itertools.count())


@contextmanager
def brian_runtime(codegen: str = "numpy") -> Iterator[None]:
    """Work on Brian2's runtime device with the code generation target `codegen`."""
    with _device("runtime"), _preferences({"codegen.target": codegen}):
        yield


@contextmanager
def brian_standalone(compile_flags: list[str]) -> Iterator[CPPStandaloneDevice]:
    """Work on a C++ standalone device of our own, so that the user's is not touched."""
    name = next(_device_names)
    device = all_devices[name] = CPPStandaloneDevice()
    try:
        with _device(name), _preferences({"codegen.cpp.extra_compile_args_gcc": compile_flags}):
            yield device
    finally:
        del all_devices[name]


@contextmanager
def _device(name: str) -> Iterator[Device]:
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
