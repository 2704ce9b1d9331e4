"""Gradients of what learns beside the weights: the fused kernels against the reference step."""

import numpy as np
import pytest
import torch
from brian2 import ms, mV
from spikemodes.learning import FusedBackend, Learned, ReferenceBackend, Twin
from spikemodes.learning.kernels.groups import MODES
from spikemodes.learning.kernels.source import kernel_source
from spikemodes.learning.twin.learned import with_own_values
from spikemodes.models import (
    LIF,
    AdaptiveLIF,
    AdEx,
    BiasedLIF,
    NeuronModel,
    PeakReadout,
    SingleExponential,
    to_dense,
)

THRESHOLDS = [
    Learned("neuron.v_threshold", each=True),
    Learned("neuron.v_reset", (-1, 0.09)),
    Learned("neuron.tau_mem"),
    Learned("bias"),
]
DECAYS = [Learned("filter.tau_decay"), Learned("filter.tau_rise", ("1 ms", "2.5 ms"))]
CALLING = NeuronModel(
    name="calling",
    equations="dv/dt = (drive + recurrent - v)/tau : 1\ndw/dt = -w/(3*tau) : 1",
    parameters={"tau": 10 * ms, "k": 0.3},
    threshold="v > 0.5",
    reset="w += k + 0.1*v\nv = 0.3*tanh(k*w)*v",
    method="exponential_euler",
)
"""Its reset has functions of variables and of what learns."""


def passed(network, learn, trials, backend, **options):
    """Spikes and gradients of a random smooth loss."""
    twin = Twin(network, learn=learn, backend=backend, dtype=torch.float64, **options)
    response = twin(torch.from_numpy(trials.inputs))
    rng, counts = np.random.default_rng(0), response.activity.spike_counts
    weights, costs = (
        torch.from_numpy(rng.normal(size=x.shape)).to(x) for x in (response.outputs, counts)
    )
    ((response.outputs * weights).sum() + (counts * costs).sum()).backward()
    return counts.detach(), {name: p.grad for name, p in twin.named_parameters()}


@pytest.mark.parametrize(
    ("neuron", "learn", "change", "options"),
    [
        (LIF(), THRESHOLDS, {}, {}),
        (LIF(), THRESHOLDS, {}, {"detach_reset": True}),
        (LIF(), DECAYS, {}, {}),
        (LIF(), DECAYS, {"dense": True}, {}),
        (LIF(), [*DECAYS, Learned("neuron.tau_syn")], {"readout": PeakReadout()}, {}),
        (LIF(), DECAYS[:1], {"filter": SingleExponential(), "full": True}, {}),
        (
            AdaptiveLIF(),
            [Learned("neuron.tau_w"), Learned("neuron.b"), Learned("neuron.tau_mem", each=True)],
            {},
            {},
        ),
        (
            AdEx(),
            [
                *map(Learned, ("neuron.tau_w", "neuron.a", "neuron.g_L", "neuron.C", "bias")),
                Learned("neuron.Delta_T", (1 * mV, 4 * mV)),
                Learned("neuron.V_T", (-55 * mV, -45 * mV), each=True),
                Learned("neuron.V_r", (-65 * mV, -56 * mV)),
            ],
            {},
            {},
        ),
        (BiasedLIF(), [Learned("bias"), Learned("neuron.tau_mem")], {}, {}),
        (CALLING, [Learned("neuron.tau"), Learned("neuron.k")], {}, {"detach_reset": False}),
        (CALLING, [Learned("neuron.tau"), Learned("neuron.k")], {}, {"detach_reset": True}),
    ],
)
def test_gradients_are_those_of_the_reference_step(
    neuron, learn, change, options, kernels, draw_network, draw_trials
):
    drawn = draw_network(neuron, **{key: x for key, x in change.items() if key != "dense"})
    network = with_own_values(to_dense(drawn) if "dense" in change else drawn, learn)
    counts, found = passed(network, learn, draw_trials(), FusedBackend, **options)
    expected_counts, expected = passed(network, learn, draw_trials(), ReferenceBackend, **options)
    assert counts.sum() > 20
    assert torch.equal(counts, expected_counts)
    assert found.keys() == expected.keys()
    for name, wanted in expected.items():
        assert wanted is not None
        size = wanted.abs().max()
        assert size > 0, name
        assert (got := found[name]) is not None
        assert (got - wanted).abs().max() <= 1e-9 * size, name


def test_a_pass_in_chunks_gives_the_same(kernels, draw_network, draw_trials):
    learn, trials = [*THRESHOLDS, *DECAYS], draw_trials(60)
    network = with_own_values(draw_network(), learn)
    _, whole = passed(network, learn, trials, FusedBackend)
    _, parts = passed(network, learn, trials, lambda model: FusedBackend(model, memory_budget=5e3))
    for name, expected in whole.items():
        torch.testing.assert_close(parts[name], expected, rtol=1e-12, atol=1e-14)


def test_where_only_weights_learn_kernels_have_no_trace_of_it(draw_network):
    def source(learn):
        model = Twin(draw_network(), learn=learn, backend=ReferenceBackend).model
        return kernel_source(model, groups=MODES, peaks=False)

    plain, learning = source([]), source([Learned("neuron.tau_mem"), Learned("filter.tau_decay")])
    added = {"g_learned", "relay_states", "trace_states", "g_relay_filter", "g_trace_filter"}
    for name in added:
        assert f"{name}_[" not in plain.text
    assert {*learning.kernels["backward"]} - {*plain.kernels["backward"]} == added
