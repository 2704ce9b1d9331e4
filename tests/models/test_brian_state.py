import pytest
from brian2 import defaultclock, get_device, ms, prefs
from brian2.devices.device import all_devices, reset_device, set_device
from spikemodes.models.brian_state import brian_runtime, brian_standalone


def state():
    return get_device(), dict(prefs), float(defaultclock.dt), set(all_devices)


@pytest.fixture
def before():
    """A Brian2 that its user has set up for something else."""
    target, dt = prefs["codegen.target"], defaultclock.dt
    set_device("cpp_standalone", build_on_run=False)
    defaultclock.dt = 0.3 * ms
    prefs["codegen.target"] = "cython"
    yield state()
    prefs["codegen.target"] = target
    defaultclock.dt = 0.3 * ms
    reset_device()
    defaultclock.dt = dt


def test_a_runtime_simulation_leaves_brian2_as_it_was(before):
    with brian_runtime("numpy"):
        assert prefs["codegen.target"] == "numpy"
        assert get_device() is all_devices["runtime"]
    assert state() == before


def test_a_standalone_build_leaves_brian2_as_it_was(before):
    with brian_standalone(["-O1"]) as device:
        assert get_device() is device
        assert device is not all_devices["cpp_standalone"]
        assert prefs["codegen.cpp.extra_compile_args_gcc"] == ["-O1"]
    assert state() == before


@pytest.mark.parametrize("enter", [brian_runtime, lambda: brian_standalone([])])
def test_a_failure_leaves_brian2_as_it_was(enter, before):
    with pytest.raises(KeyError), enter():
        raise KeyError
    assert state() == before
