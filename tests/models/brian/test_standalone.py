import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import ms
from spikemodes.models import LIF, DoubleExponential, compile_simulation, simulate
from spikemodes.models.brian import compilation, standalone
from spikemodes.models.brian.standalone import MANIFEST, StandaloneProgram
from spikemodes.models.files import cache_directory

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")


@pytest.fixture
def structure(draw_network, draw_trials):
    return compile_simulation(draw_network(), draw_trials(), target="numpy").structure


def test_new_weights_and_parameters_enter_the_compiled_program(
    draw_network, draw_trials, monkeypatch
):
    compile_simulation(draw_network(), draw_trials())
    monkeypatch.setattr(compilation, "_compiled", {})  # as a fresh process would start
    other = draw_network(
        LIF(tau_mem=30 * ms, refractory=4 * ms, v_reset=-0.2),
        DoubleExponential(3 * ms, 20 * ms),
        seed=5,
    )
    told = []
    compiled = compile_simulation(other, draw_trials(seed=7), on_compile=lambda: told.append(1))
    assert (compiled.compiled, told) == (False, [])
    found = compiled.run(other, draw_trials(seed=7))
    expected = simulate(other, draw_trials(seed=7), target="numpy")
    assert len(expected.spikes) > 10
    np.testing.assert_array_equal(found.spikes, expected.spikes)
    np.testing.assert_allclose(found.outputs, expected.outputs, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.modes, expected.modes, rtol=0, atol=1e-12)


def test_a_run_leaves_nothing_behind_for_the_next(draw_network, draw_trials):
    compiled = compile_simulation(draw_network(), draw_trials())
    first = compiled.run(draw_network(), draw_trials())
    compiled.run(draw_network(seed=3), draw_trials(seed=3))
    again = compiled.run(draw_network(), draw_trials())
    np.testing.assert_array_equal(first.spikes, again.spikes)
    np.testing.assert_array_equal(first.outputs, again.outputs)


@pytest.fixture
def uncompiled(tmp_path, monkeypatch):
    """An empty cache, and a compiler that takes no time and can be told to fail."""
    compiled = []
    monkeypatch.setenv("SPIKEMODES_CACHE", str(tmp_path))
    monkeypatch.setattr(standalone, "_compile", compiled.append)
    return compiled


def test_a_structure_is_compiled_once_and_its_build_found_again(structure, uncompiled):
    told = []
    first = StandaloneProgram.build(structure, lambda: told.append(1))
    second = StandaloneProgram.build(structure, lambda: told.append(2))
    assert (first.newly_compiled, second.newly_compiled) == (True, False)
    assert told == [1]
    assert uncompiled == [first.directory] == [second.directory]
    assert first.directory.is_relative_to(cache_directory())


def test_an_interrupted_build_is_done_again(structure, uncompiled):
    program = StandaloneProgram.build(structure)
    (program.directory / MANIFEST).unlink()
    (program.directory / "half").touch()
    assert StandaloneProgram.build(structure).newly_compiled
    assert not (program.directory / "half").exists()
    assert (program.directory / MANIFEST).is_file()


def test_a_failed_compilation_shows_what_the_compiler_said(structure, tmp_path, monkeypatch):
    make = tmp_path / "bin" / "make"
    make.parent.mkdir()
    make.write_text("#!/bin/sh\necho 'no space left' >&2\nexit 2\n")
    make.chmod(0o755)
    monkeypatch.setenv("SPIKEMODES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(make.parent), prepend=":")
    with pytest.raises(RuntimeError, match=r"Compilation of the Brian2 code in .* no space left"):
        StandaloneProgram.build(structure)
    assert not list((tmp_path / "cache").rglob(MANIFEST))


def test_a_program_that_fails_says_how(tmp_path):
    (tmp_path / MANIFEST).write_text("{}")
    program = tmp_path / "main"
    program.write_text("#!/bin/sh\necho out of memory\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(RuntimeError, match="failed with exit code 3: out of memory"):
        StandaloneProgram(tmp_path, newly_compiled=False).run({})


def test_the_cache_lies_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKEMODES_CACHE", str(tmp_path))
    assert cache_directory() == tmp_path
    monkeypatch.delenv("SPIKEMODES_CACHE")
    assert cache_directory().name == "spikemodes"


@pytest.mark.slow
@pytest.mark.contract
def test_heterogeneous_parameters_enter_the_compiled_program(draw_network, draw_trials):
    taus = np.linspace(10, 30, 8) * ms
    first = draw_network(LIF(tau_mem=taus, refractory=np.repeat([2, 8], 4) * ms))
    compiled = compile_simulation(first, draw_trials())
    other = draw_network(LIF(tau_mem=taus[::-1], refractory=np.tile([2, 8], 4) * ms))
    assert compile_simulation(other, draw_trials()).program is compiled.program
    expected = simulate(other, draw_trials(), target="numpy")
    np.testing.assert_array_equal(compiled.run(other, draw_trials()).spikes, expected.spikes)


SCRIPT = """
import sys
from spikemodes.models.brian.simulation import compile_simulation
from spikemodes.models.networks.storage import load_network
from spikemodes.models.trials import Trials
from pathlib import Path
import numpy as np
network = load_network(Path(sys.argv[1]))
trials = Trials(np.ones((7, 2, 3)), network.dt)
simulation = compile_simulation(network, trials)
print(simulation.compiled, len(simulation.run(network, trials).spikes))
"""


@pytest.mark.slow
def test_processes_share_builds_and_wait_for_one_another(draw_network, tmp_path, monkeypatch):
    from spikemodes.models import save_network

    save_network(draw_network(), tmp_path / "network")
    monkeypatch.setenv("SPIKEMODES_CACHE", str(tmp_path / "cache"))
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(Path(tmp_path / "network"))]

    def start():
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    at_once = [start(), start()]
    answers = sorted(process.communicate()[0].split() for process in at_once)
    later = start().communicate()[0].split()
    assert [compiled for compiled, _ in answers] == ["False", "True"]
    assert later[0] == "False"
    assert len({spikes for _, spikes in [*answers, later]}) == 1
