"""Kernels as machine code: compiled once, kept on disk, rebuilt if damaged."""

import sys

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.learning import FusedBackend, ReferenceBackend, Twin
from spikemodes.learning.kernels.cache import load_kernels
from spikemodes.learning.kernels.groups import MODES
from spikemodes.learning.kernels.source import kernel_source
from spikemodes.models import LIF

DTYPES = {torch.float64: 1e-9, torch.float32: 1e-5}
INPUTS = torch.zeros(1, 1, 3)


def kernels_of(twin):
    dtype = str(twin.W_in.dtype).removeprefix("torch.")
    return load_kernels(
        kernel_source(twin.model, groups=MODES, peaks=False, dtype=dtype, inputs=dtype)
    )


def forget():
    """Leave only what is on disk, as for a fresh process."""
    for name in [name for name in sys.modules if name.startswith("spikemodes_kernel_")]:
        del sys.modules[name]


def gradients(twin, trials):
    twin.zero_grad()
    response = twin(torch.from_numpy(trials.inputs))
    response.outputs.square().sum().backward()
    return response, {name: p.grad.clone() for name, p in twin.named_parameters()}


@pytest.mark.parametrize(
    "dtype",
    [torch.float32, pytest.param(torch.float64, marks=[pytest.mark.slow, pytest.mark.contract])],
    ids=str,
)
def test_machine_code_gives_the_gradients_of_the_reference_step(dtype, draw_network, draw_trials):
    twin = Twin(draw_network(), dtype=dtype)
    assert isinstance(twin.backend, FusedBackend)
    response, found = gradients(twin, draw_trials(80, 5))
    reference = Twin(draw_network(), dtype=dtype, backend=ReferenceBackend)
    expected_response, expected = gradients(reference, draw_trials(80, 5))
    assert response.activity.spike_counts.sum() > 100
    assert torch.equal(response.activity.spike_counts, expected_response.activity.spike_counts)
    for name, wanted in expected.items():
        assert (found[name] - wanted).abs().max() <= DTYPES[dtype] * wanted.abs().max(), name


def test_the_same_batch_gives_the_same_gradients_bit_for_bit(draw_network, draw_trials):
    twin = Twin(draw_network())
    first, second = (gradients(twin, draw_trials(80, 5))[1] for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_second_process_finds_the_machine_code_of_the_first(draw_network, draw_trials):
    Twin(draw_network()).prepare(INPUTS)
    forget()
    told = []
    twin = Twin(draw_network(LIF(v_threshold=1.5), seed=3))  # values are not part of the code
    twin.prepare(INPUTS, lambda: told.append("compiling"))
    assert told == []
    kernels = kernels_of(twin)
    assert kernels.compiled
    for function in kernels.functions.values():
        assert sum(function.stats.cache_hits.values()) == 1  # type: ignore[attr-defined]
        assert not function.stats.cache_misses  # type: ignore[attr-defined]


def test_preparing_leaves_no_gradient_behind(draw_network):
    twin = Twin(draw_network())
    twin.prepare(INPUTS)
    assert all(p.grad is None for p in twin.parameters())


@pytest.mark.slow
def test_a_damaged_kernel_cache_is_rebuilt(draw_network, draw_trials):
    twin = Twin(draw_network())
    twin.prepare(INPUTS)
    expected = gradients(twin, draw_trials())[1]
    kernels = kernels_of(twin)
    for path in (kernels.directory / "__pycache__").glob("*.nb?"):
        path.write_bytes(path.read_bytes()[:100])
    forget()
    again, told = Twin(draw_network()), []
    again.prepare(INPUTS, lambda: told.append("compiling"))
    assert told == ["compiling"]
    found = gradients(again, draw_trials())[1]
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("damage", ["", "def forward(", "forward = backward = None"])
def test_a_damaged_source_is_written_again(damage, kernels, draw_network, draw_trials):
    twin = Twin(draw_network(), dtype=torch.float64)
    before = gradients(twin, draw_trials(20))[1]
    directory = kernels_of(twin).directory
    (directory / f"{directory.name}.py").write_text(damage)
    forget()
    after = gradients(Twin(draw_network(), dtype=torch.float64), draw_trials(20))[1]
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_other_values_need_no_other_kernel_and_other_equations_do(kernels, draw_network, neurons):
    first = kernels_of(Twin(draw_network()))
    assert kernels_of(Twin(draw_network(LIF(v_threshold=2.0), n_neurons=5))) == first
    assert kernels_of(Twin(draw_network(neurons["AdEx"]))) != first
    mixed = LIF(np.linspace(10, 30, 8) * ms)
    assert kernels_of(Twin(draw_network(mixed))) != first
