import numpy as np
import pytest
import sympy
from brian2 import ms, mV
from hypothesis import given, settings, strategies as st
from spikemodes.models import (
    ContinuousDoubleExponential,
    ContinuousSingleExponential,
    DoubleExponential,
    SingleExponential,
)
from spikemodes.models.neurons.names import coded
from spikemodes.models.neurons.neuron import Dynamics
from spikemodes.models.neurons.synaptic_filter import ACTIVITY, continuous_filter
from spikemodes.models.translation.translator import translate

EXPLICIT = {"double": DoubleExponential, "single": SingleExponential}
ALL = {
    **EXPLICIT,
    "continuous double": ContinuousDoubleExponential,
    "continuous single": ContinuousSingleExponential,
}


def respond(filter_, jumps, dt):
    """Run a filter in numpy: weighted spikes (T × units) to r after each step's update."""
    program = translate(filter_, dt)
    update = []
    for a in program.update.assignments:
        names = sorted(map(str, a.active.free_symbols))
        update.append((a.target, sympy.lambdify(names, a.active), names))
    state = {name: np.zeros(jumps.shape[1]) for name in program.state}
    trace = np.empty(jumps.shape)
    for k, jump in enumerate(jumps):
        values = {**program.constants, **state}
        for target, evaluate, names in update:
            values[target] = evaluate(*(values[name] for name in names))
        state = {n: values[program.update.results.get(n, n)] for n in state}
        trace[k] = state[ACTIVITY]
        state[coded(filter_.jump)] += filter_.gain * jump
    return trace


def impulse(filter_, dt, duration=300 * ms):
    jumps = np.zeros((round(float(duration / dt)), 1))
    jumps[0] = 1
    return respond(filter_, jumps, dt)[:, 0]


def area(filter_, dt, duration=400 * ms):
    return impulse(filter_, dt, duration).sum() * float(dt)


@pytest.mark.parametrize("build", ALL.values(), ids=ALL)
def test_filtering_in_mode_space_is_filtering_per_neuron_and_projecting(build):
    rng = np.random.default_rng(0)
    spikes = (rng.random((60, 12)) < 0.2).astype(float)
    xi_out = rng.normal(size=(12, 3))
    per_mode = respond(build(), spikes @ xi_out, 2 * ms)
    per_neuron = respond(build(), spikes, 2 * ms)
    np.testing.assert_allclose(per_mode, per_neuron @ xi_out, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("build", EXPLICIT.values(), ids=EXPLICIT)
def test_the_continuous_form_keeps_the_area_under_r(build):
    explicit = build()
    fine = continuous_filter(explicit, 2 * ms)
    assert area(fine, 0.02 * ms) == pytest.approx(area(explicit, 2 * ms), rel=5e-4)


@pytest.mark.parametrize("build", EXPLICIT.values(), ids=EXPLICIT)
@given(
    tau_rise=st.floats(1, 8), tau_decay=st.floats(10, 40), dt=st.sampled_from([0.5, 1.0, 2.0, 4.0])
)
@settings(max_examples=8)
def test_areas_agree_for_any_time_constants_and_learning_step(build, tau_rise, tau_decay, dt):
    times = {"tau_rise": tau_rise * ms, "tau_decay": tau_decay * ms}
    if build is SingleExponential:
        del times["tau_rise"]
    explicit = build(**times)
    fine = continuous_filter(explicit, dt * ms)
    assert area(fine, 0.1 * ms) == pytest.approx(area(explicit, dt * ms), rel=1e-2)


@pytest.mark.parametrize("build", EXPLICIT.values(), ids=EXPLICIT)
def test_regular_spikes_reach_the_same_level_in_both_forms(build):
    coarse = respond(build(), np.ones((300, 1)), 2 * ms)[-1, 0]
    jumps = np.zeros((6000, 1))
    jumps[::20] = 1
    fine = respond(continuous_filter(build(), 2 * ms), jumps, 0.1 * ms)[-20:, 0].mean()
    assert fine == pytest.approx(coarse, rel=2e-3)


def test_a_spike_gives_the_difference_of_two_exponentials():
    fine = ContinuousDoubleExponential(tau_rise=2 * ms, tau_decay=30 * ms)
    dt = 0.1 * ms
    t = np.arange(3000) * 0.1
    shape = (np.exp(-t / 30) - np.exp(-t / 2)) * 2 / (30 - 2)
    np.testing.assert_allclose(impulse(fine, dt), fine.gain * shape, atol=1e-12)
    peak = 0.1 * np.argmax(impulse(fine, dt))
    assert peak == pytest.approx(np.log(30 / 2) * 30 * 2 / (30 - 2), abs=0.1)


def test_the_explicit_scheme_gives_the_same_shape_in_steps():
    a_r, a_d = np.exp(-2 / 2), np.exp(-2 / 30)
    k = np.arange(150)
    expected = (1 - a_d) * (a_d**k - a_r**k) / (a_d - a_r)
    np.testing.assert_allclose(impulse(DoubleExponential(), 2 * ms), expected, atol=1e-14)


def test_the_single_exponential_jumps_one_step_after_the_spike_and_decays():
    k = np.arange(150)
    expected = np.where(k == 0, 0, 2 / 30 * np.exp(-2 * (k - 1) / 30))
    np.testing.assert_allclose(impulse(SingleExponential(), 2 * ms), expected, atol=1e-14)
    fine = ContinuousSingleExponential()
    np.testing.assert_allclose(
        impulse(fine, 0.5 * ms)[1:], fine.gain * np.exp(-np.arange(1, 600) * 0.5 / 30), atol=1e-14
    )


def test_gains_come_close_to_one_as_the_learning_step_shrinks():
    assert ContinuousDoubleExponential(dt_input=1e-3 * ms).gain == pytest.approx(1, abs=1e-3)
    assert ContinuousDoubleExponential(2 * ms, dt_input=2 * ms).gain == pytest.approx(
        1 / (1 - np.exp(-1))
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: DoubleExponential(tau_rise=2), "`tau_rise` must be a time"),
        (lambda: DoubleExponential(tau_decay=30 * mV), "`tau_decay` must be a time"),
        (lambda: DoubleExponential(tau_rise=-2 * ms), "`tau_rise` must be positive"),
        (lambda: DoubleExponential(30 * ms, 30 * ms), "`tau_rise` must be shorter than"),
        (lambda: DoubleExponential(40 * ms, 30 * ms), "Use SingleExponential"),
        (lambda: SingleExponential(0 * ms), "`tau_decay` must be positive"),
        (lambda: SingleExponential(30), "`tau_decay` must be a time"),
        (lambda: ContinuousSingleExponential(30), "`tau_decay` must be a time"),
        (lambda: ContinuousSingleExponential(dt_input=2), "`dt_input` must be a time"),
        (lambda: ContinuousDoubleExponential(40 * ms, 30 * ms), "`tau_rise` must be shorter"),
        (lambda: ContinuousDoubleExponential(tau_rise=2), "`tau_rise` must be a time"),
        (lambda: ContinuousDoubleExponential(tau_rise=0 * ms), "`tau_rise` must be positive"),
        (lambda: ContinuousDoubleExponential(dt_input=-1 * ms), "`dt_input` must be positive"),
    ],
)
def test_bad_time_constants_are_named(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_only_explicit_filters_have_a_continuous_form():
    with pytest.raises(ValueError, match="`filter` must be one of DoubleExponential, SingleExp"):
        continuous_filter(ContinuousDoubleExponential(), 2 * ms)
    assert isinstance(continuous_filter(DoubleExponential(), 2 * ms), Dynamics)
