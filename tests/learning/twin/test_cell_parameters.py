"""Parameters that learn: their gradients against finite differences, and what is written back.

The networks of finite differences spike where parameters do not matter, as in `test_reference`:
senders fire at every step, receivers stay below threshold, and the surrogate is 1 there, so that
the gradient of the receivers' counts is that of their distances from threshold.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import sympy
import torch
from brian2 import ms, mV, second
from spikemodes.learning import AtThreshold, Learned, ReferenceBackend, Twin
from spikemodes.learning.twin.learned import with_own_values
from spikemodes.models import (
    LIF,
    AdaptiveLIF,
    AdEx,
    ConductanceLIF,
    ContinuousDoubleExponential,
    Modes,
    SingleExponential,
    Trials,
    simulate,
    to_dense,
)

N, SENDERS = 7, 3


@dataclass(frozen=True)
class BelowThreshold:
    """1 below threshold, 0 above."""

    def derivative(self, x: sympy.Symbol) -> sympy.Expr:
        """See the class."""
        return sympy.Piecewise((1, x < 0), (0, True))


def senders_and_receivers(network):
    rng = np.random.default_rng(5)
    receives, sends = np.ones((N, 1)), np.zeros((N, 1))
    receives[:SENDERS], sends[:SENDERS] = 0, 1
    modes = Modes(
        0.3 * receives * rng.normal(size=(N, 2)),
        network.modes.scores,
        0.3 * sends * rng.normal(size=(N, 2)),
    )
    W_in = 0.05 * receives * rng.normal(size=(N, 3)) + 1e3 * sends * [1, 0, 0]
    changed = {"refractory": 0 * ms} | {"dt_input": network.dt}
    own = {k: v for k, v in changed.items() if k in network.neuron.parameters}
    neuron = network.neuron.with_parameters(**own)
    return replace(network.with_modes(modes), neuron=neuron, W_in=W_in)


def trials():
    inputs = np.random.default_rng(6).normal(size=(25, 2, 3))
    inputs[..., 0] = 1
    return Trials(inputs, 1 * ms)


def distance(network, scale):
    """Sum of the receivers' distances from threshold, in units of a scale."""
    twin = Twin(network, dtype=torch.float64, backend=ReferenceBackend)
    recording = twin.record(trials(), twin.model.neuron.variables)
    assert recording.raster[1:, :, :SENDERS].all()  # the first step may be too early
    assert not recording.raster[..., SENDERS:].any()
    program = twin.model.neuron
    values = {f"{name}_u": states for name, states in recording.states.items()}
    values |= {n: np.asarray(x) for n, x in program.constants.items()}
    left, right = (
        sympy.lambdify(sorted(values), side)(*(values[n] for n in sorted(values)))
        for side in (program.threshold.left, program.threshold.right)
    )
    away = np.broadcast_to(left - right, recording.raster.shape)
    return (away[..., SENDERS:] / scale).sum()


def moved(network, owner, name, change):
    model = getattr(network, owner)
    value = model.parameters[name]
    return replace(network, **{owner: model.with_parameters(**{name: value + change})})


@pytest.mark.parametrize("each", [False, True], ids=["shared", "each"])
@pytest.mark.parametrize(
    ("neuron", "learn"),
    [
        (LIF(), ["neuron.tau_mem", "neuron.tau_syn", "neuron.v_threshold", "bias"]),
        (LIF(), [("neuron.v_reset", -0.5, 0.5)]),
        (LIF(), ["filter.tau_decay"]),
        (AdaptiveLIF(), ["neuron.tau_mem", "neuron.v_threshold"]),
        (AdEx(), ["neuron.C", "neuron.g_L", "neuron.tau_w", "neuron.a", "neuron.tau_syn"]),
        (AdEx(), [("neuron.Delta_T", 1 * mV, 4 * mV), ("neuron.E_L", -80 * mV, -60 * mV)]),
        (ConductanceLIF(), ["neuron.tau_mem", ("neuron.E_inh", -90 * mV, -62 * mV)]),
        ("AdEx", ["neuron.C", "neuron.tau_w", "neuron.g_in", ("neuron.V_T", -55 * mV, -45 * mV)]),
        ("ContinuousLIF euler", ["neuron.tau_mem", "neuron.tau_syn"]),
    ],
    ids=lambda value: "" if isinstance(value, list) else getattr(value, "name", value),
)
def test_gradients_below_threshold_are_those_of_finite_differences(
    neuron, learn, each, draw_network, neurons
):
    neuron = neurons[neuron] if isinstance(neuron, str) else neuron
    asked = [
        Learned(item, each=each) if isinstance(item, str) else Learned(item[0], item[1:], each)
        for item in learn
    ]
    of_filter = any(learned.owner == "filter" for learned in asked)
    network = senders_and_receivers(draw_network(neuron, n_neurons=N, dt=1 * ms))
    if of_filter and each:
        network = to_dense(network)
    network = with_own_values(network, asked)
    twin = Twin(
        network,
        backend=ReferenceBackend,
        learn=asked,
        surrogate=BelowThreshold(),
        detach_reset=True,
        centre=AtThreshold(),
        capped=False,  # exact gradients
        dtype=torch.float64,
    )
    counts = twin(torch.from_numpy(trials().inputs)).activity.spike_counts
    counts[:, SENDERS:].sum().backward()
    assert twin.cells is not None
    rng = np.random.default_rng(7)
    for bounded in twin.cells.found:
        free = twin.cells.free[bounded.learned.name.replace(".", ":")]
        value = twin.cells.value(bounded)
        (slope,) = torch.autograd.grad(value.sum(), free)
        direction = rng.normal(size=np.shape(bounded.initial))
        step = 3e-5 * (np.abs(bounded.initial).max() or 1.0)
        ahead, behind = (
            distance(
                moved(
                    network,
                    bounded.learned.owner,
                    bounded.learned.parameter,
                    bounded.quantity(s * step * direction),
                ),
                twin.model.neuron.scale,
            )
            for s in (1, -1)
        )
        expected = (ahead - behind) / (2 * step)
        assert free.grad is not None
        found = float((free.grad / slope * torch.as_tensor(direction)).sum())
        assert expected != 0
        assert found == pytest.approx(expected, rel=1e-5), bounded.learned.name


@pytest.mark.parametrize("filter", [SingleExponential(), ContinuousDoubleExponential()])
def test_the_filter_learns_whatever_it_is(filter, draw_network, draw_trials):
    network = draw_network(filter=filter)
    learn = [Learned("filter.tau_decay", (10 * ms, 100 * ms))]
    twin = Twin(network, dtype=torch.float64, learn=learn)
    twin(torch.from_numpy(draw_trials().inputs)).outputs.square().sum().backward()
    (free,) = (p for name, p in twin.named_parameters() if "tau_decay" in name)
    assert free.grad is not None
    assert free.grad != 0


def test_nothing_changes_before_anything_is_learned(draw_network, draw_trials):
    network = draw_network(AdEx())
    learn = [Learned("neuron.C"), Learned("neuron.tau_w"), Learned("filter.tau_decay")]
    inputs = torch.from_numpy(draw_trials().inputs)
    given = {"dtype": torch.float64, "backend": ReferenceBackend}
    plain, learning = Twin(network, **given), Twin(network, learn=learn, **given)
    assert learning.network().neuron == network.neuron
    assert learning.network().filter == network.filter
    torch.testing.assert_close(
        learning(inputs).outputs, plain(inputs).outputs, rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("moved_by", [-100.0, -1.0, 0.3, 100.0])
def test_bounds_hold_whatever_is_learned(moved_by, draw_network):
    learn = [
        Learned("neuron.tau_mem", (5 * ms, 100 * ms), each=True),
        Learned("neuron.v_reset", (-0.5, 0.05)),
    ]
    twin = Twin(with_own_values(draw_network(), learn), learn=learn)
    assert twin.cells is not None
    with torch.no_grad():
        for free in twin.cells.free.values():
            free += moved_by
    parameters = twin.network().neuron.parameters
    tau, reset = np.asarray(parameters["tau_mem"]), parameters["v_reset"]
    assert ((tau >= 0.005) & (tau <= 0.1)).all()
    assert -0.5 <= reset <= 0.05
    assert (tau > 0.02).all() == (moved_by > 0)


def test_brian2_runs_what_was_learned(draw_network, draw_trials):
    learn = [Learned("neuron.tau_mem", each=True), Learned("bias"), Learned("filter.tau_decay")]
    twin = Twin(with_own_values(draw_network(), learn), learn=learn)
    assert twin.cells is not None
    rng = np.random.default_rng(3)
    with torch.no_grad():
        for free in twin.cells.free.values():
            free += torch.from_numpy(rng.normal(0, 0.3, size=tuple(free.shape)))
    network, trials = twin.network(), draw_trials()
    tau = network.neuron.parameters["tau_mem"]
    assert np.shape(tau) == (8,)
    assert np.std(tau / second) > 0
    assert np.std(np.asarray(network.neuron.parameters["bias"])) > 0
    expected = Twin(network, dtype=torch.float64).record(trials)
    found = simulate(network, trials, target="numpy")
    np.testing.assert_array_equal(found.spikes, expected.spikes)
    assert len(found.spikes) > 20
    np.testing.assert_allclose(found.outputs, expected.outputs, atol=1e-12)
    in_single = twin(torch.from_numpy(trials.inputs.astype(np.float32))).outputs
    np.testing.assert_allclose(in_single.detach(), expected.outputs, atol=1e-3)


def test_conditions_that_change_neurons_leave_parameters_alone(draw_network):
    from spikemodes.models.conditions import Heterogeneity

    with pytest.raises(ValueError, match="`learn` must be weights under conditions that change"):
        Twin(draw_network(), conditions=[Heterogeneity(0.2)], learn=[Learned("neuron.tau_mem")])
