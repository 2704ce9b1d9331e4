"""What can learn, and what is said of what cannot."""

import numpy as np
import pytest
from brian2 import ms, mV
from spikemodes.learning import Learned, initial_network
from spikemodes.learning.twin.bounds import course_of, learned_parameters
from spikemodes.learning.twin.learned import learned_weights, with_own_values
from spikemodes.models import (
    LIF,
    AdEx,
    BiasedLIF,
    ContinuousLIF,
    NeuronModel,
    RateUnit,
    continuous,
    to_dense,
)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"bounds": ("100 ms", "5 ms")}, "bounds of neuron.tau_mem must be in order"),
        ({"bounds": ("5 ms", "5 ms")}, "bounds of neuron.tau_mem must be in order"),
        ({"bounds": ("5 ms", "inf*ms")}, "bounds of neuron.tau_mem must be in order"),
        ({"bounds": ("5 ms", "5 mV")}, "bounds of neuron.tau_mem must have one unit"),
        ({"bounds": ("5 ms",)}, "must be two values"),
        ({"bounds": ("a", "5 ms")}, "`learn.neuron.tau_mem.bounds` must be a number"),
    ],
)
def test_bounds_that_are_none_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Learned("neuron.tau_mem", **given)


def test_weights_have_no_bounds():
    with pytest.raises(ValueError, match="to parameters alone: got some for W_in"):
        Learned("W_in", each=True)


@pytest.mark.parametrize(
    ("neuron", "learned", "message"),
    [
        (LIF(), Learned("neuron.tau"), "that the equations have: got neuron.tau. There are neuron"),
        (LIF(), Learned("synapse.tau"), "that the equations have: got synapse.tau"),
        (LIF(), Learned("neuron.bias"), "that the equations have: got neuron.bias"),
        (LIF(), Learned("neuron.refractory"), "a whole number, which has no gradient"),
        (AdEx(), Learned("neuron.dt_input"), "must not name"),
        (LIF(), Learned("neuron.v_reset"), "must give bounds for neuron.v_reset, 0.0: only posit"),
        (AdEx(), Learned("neuron.E_L"), "must give bounds for neuron.E_L, -70 mV"),
        (LIF(), Learned("neuron.tau_mem", (1 * mV, 2 * mV)), "in its unit: got 1 mV for 20 ms"),
        (
            LIF(),
            Learned("neuron.tau_mem", ("1 ms", "20 ms")),
            "start between its bounds: got 20 ms",
        ),
        (LIF(), Learned("neuron.tau_mem", ("30 ms", "50 ms")), "start between its bounds"),
        (LIF(), Learned("neuron.v_reset", (-1, 2)), "at which the model runs: at 2.0 LIF: `scale`"),
        (
            ContinuousLIF(method="euler"),
            Learned("neuron.tau_mem", (1 * ms, 50 * ms)),
            "at or above the step, 2 ms, which Euler",
        ),
        (LIF(), Learned("filter.tau_rise"), "keep filter.tau_rise below filter.tau_decay"),
        (LIF(), Learned("filter.tau_decay", each=True), "their filters belong to modes"),
    ],
)
def test_a_parameter_that_cannot_learn_is_refused_in_one_line(
    neuron, learned, message, draw_network
):
    network = draw_network(neuron)
    if learned.name == "filter.tau_rise":
        network = draw_network(neuron, network.filter.with_parameters(tau_decay=10 * ms))
    with pytest.raises(ValueError, match=message) as raised:
        learned_parameters([learned], with_own_values(network, [learned]))
    assert str(raised.value).startswith("`learn` must")
    assert "\n" not in str(raised.value)


def test_a_parameter_without_effect_is_refused(draw_network):
    neuron = NeuronModel(
        name="idle",
        equations="dv/dt = (drive + recurrent - v)/tau : 1",
        parameters={"tau": 10 * ms, "width": 1.0},
        scale="width",
    )
    with pytest.raises(ValueError, match=r"that a step depends on: got neuron\.width, which idle"):
        learned_parameters([Learned("neuron.width")], draw_network(neuron))


def test_a_bound_at_which_the_model_has_no_value_is_refused(draw_network):
    neuron = NeuronModel(
        name="rooted",
        equations="dv/dt = (drive + recurrent + sqrt(1 - depth) - v)/tau : 1",
        parameters={"tau": 10 * ms, "depth": 0.5},
        method="exponential_euler",
    )
    with pytest.raises(ValueError, match=r"at which the model runs: at 5\.0 rooted"):
        learned_parameters([Learned("neuron.depth")], draw_network(neuron))


def test_bounds_must_leave_the_reset_below_threshold_at_every_corner(draw_network):
    learn = [Learned("neuron.v_reset", (-1, 0.5)), Learned("neuron.v_threshold", (0.3, 3))]
    with pytest.raises(ValueError, match=r"keep v_threshold - v_reset positive: .* = 0\.5, "):
        learned_parameters(learn, draw_network())


def test_everything_is_named_once(draw_network):
    twice = [Learned("neuron.tau_mem"), Learned("neuron.tau_mem", each=True)]
    with pytest.raises(ValueError, match=r"must name everything once: got neuron\.tau_mem twice"):
        learned_parameters(twice, draw_network())


def test_rates_have_parameters_of_their_own():
    rng = np.random.default_rng(0)
    network = initial_network(5, 2, 1, 1, 2 * ms, rng, neuron=RateUnit(20 * ms))
    for learned in (Learned("neuron.tau_mem"), Learned("bias")):
        with pytest.raises(ValueError, match="must be weights for a network of rates"):
            learned_parameters([learned], with_own_values(network, [learned]))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["weights"], {"W_in", "W_out", "xi_in", "xi_out", "scores"}),
        (["W_in", "modes"], {"W_in", "xi_in", "xi_out"}),
        (["scores", "neuron.tau_mem"], {"scores"}),
        (["xi_out", "W_out"], {"xi_out", "W_out"}),
    ],
)
def test_weights_are_chosen_by_name(names, expected, draw_network):
    assert learned_weights(map(Learned, names), draw_network()) == expected


def test_weights_that_a_network_has_not_are_refused(draw_network):
    with pytest.raises(ValueError, match="that the network has, W_in, W_out, W, weights"):
        learned_weights([Learned("modes")], to_dense(draw_network()))
    with pytest.raises(ValueError, match="got W"):
        learned_weights([Learned("W")], draw_network())


def test_default_bounds_are_a_tenth_and_ten_times(draw_network):
    (found,) = learned_parameters([Learned("neuron.tau_mem")], draw_network())
    assert (found.low, found.high) == pytest.approx((0.002, 0.2))
    (found,) = learned_parameters(
        [Learned("neuron.tau_mem")], draw_network(ContinuousLIF(tau_mem=10 * ms, method="euler"))
    )
    assert (found.low, found.high) == pytest.approx((0.002, 0.1))  # no less than the step


def test_a_bias_is_a_constant_drive_of_each_neuron(draw_network):
    learn = [Learned("bias")]
    network = with_own_values(draw_network(), learn)
    np.testing.assert_array_equal(network.neuron.parameters["bias"], np.zeros(8))
    assert "(drive + bias)" in network.neuron.update
    (found,) = learned_parameters(learn, network)
    assert (found.low, found.high) == (-1, 1)
    assert with_own_values(network, learn) is network
    later = continuous(network)
    assert "(drive + bias)" in later.neuron.equations
    assert "bias" in later.neuron.parameters


def test_a_bias_that_the_equations_have_is_taken_for_it(draw_network):
    learn = [Learned("bias")]
    network = with_own_values(draw_network(BiasedLIF()), learn)
    assert network.neuron.equations == BiasedLIF().equations
    np.testing.assert_array_equal(network.neuron.parameters["bias"], np.ones(8))
    (found,) = learned_parameters(learn, network)
    assert (found.low, found.high) == (0.1, 10)


def test_the_course_of_a_parameter_is_in_its_unit(draw_network):
    network = draw_network()
    (found,) = learned_parameters([Learned("neuron.tau_mem", ("5 ms", "0.1 s"))], network)
    tau = np.linspace(10, 40, 8) * ms
    course = course_of(found, draw_network(LIF(tau_mem=tau)))
    assert (course.name, course.unit) == ("neuron.tau_mem", "ms")
    assert course.bounds == pytest.approx((5, 100))
    assert (course.initial, course.learned) == pytest.approx((20, 25))
    assert course.learned_range == pytest.approx((10, 40))
