import numpy as np
import pytest
from brian2 import ms, mV, nS, pA, pF
from spikemodes.models import (
    AdaptiveLIF,
    AdEx,
    ConductanceLIF,
    DoubleExponential,
    ModeNetwork,
    Modes,
    Trials,
    continuous,
    simulate,
)

# Naud et al., Biol. Cybern. 99, 335 (2008), table 1: C [pF], g_L [nS], E_L, V_T [mV], Delta_T [mV],
# a [nS], tau_w [ms], b [pA], V_r [mV], I [pA]
PATTERNS = {
    "tonic": (200, 10, -70, -50, 2, 2, 30, 0, -58, 500),
    "adapting": (200, 12, -70, -50, 2, 2, 300, 60, -58, 500),
    "initial burst": (130, 18, -58, -50, 2, 4, 150, 120, -50, 400),
    "regular bursting": (200, 10, -58, -50, 2, 2, 120, 100, -46, 210),
}


def alone(neuron, n, dt):
    """Neurons without synapses, each with an input of its own."""
    modes = Modes(np.zeros((n, 1)), np.zeros(1), np.zeros((n, 1)))
    return ModeNetwork(
        neuron=neuron,
        filter=DoubleExponential(),
        W_in=np.eye(n),
        W_out=np.zeros((1, n)),
        dt=dt,
        modes=modes,
    )


@pytest.fixture(scope="module")
def intervals():
    """Interspike intervals of AdEx under a constant current, by firing pattern [ms]."""
    units = {
        "C": pF, "g_L": nS, "E_L": mV, "V_T": mV, "Delta_T": mV, "a": nS, "tau_w": ms, "b": pA,
        "V_r": mV,
    }  # fmt: skip
    columns = np.array(list(PATTERNS.values()), float).T
    values = {n: column * unit for (n, unit), column in zip(units.items(), columns, strict=False)}
    dt = 0.1 * ms
    neuron = AdEx(refractory=0 * ms, tau_syn=0.01 * ms, dt_input=dt).with_parameters(**values)
    rheobase = values["g_L"] * (values["V_T"] - values["E_L"])
    current = np.asarray(columns[-1] * pA / rheobase) * (1 - np.exp(-10))
    trials = Trials(np.tile(current, (6000, 1, 1)), dt)
    raster = simulate(alone(neuron, len(PATTERNS), dt), trials, target="numpy").raster[:, 0]
    return {p: 0.1 * np.diff(np.flatnonzero(raster[:, i])) for i, p in enumerate(PATTERNS)}


def test_adex_fires_tonically(intervals):
    found = intervals["tonic"]
    assert len(found) > 50
    assert found.max() / found.min() < 1.1


def test_adex_adapts(intervals):
    found = intervals["adapting"]
    assert len(found) > 5
    assert (np.diff(found) > -0.2).all()
    assert found[-1] > 2 * found[0]


def test_adex_bursts_once_and_goes_on_regularly(intervals):
    found = intervals["initial burst"]
    assert found[0] < 0.3 * found[-1]
    late = found[len(found) // 2 :]
    assert len(late) > 3
    assert late.max() / late.min() < 1.1


def test_adex_bursts_regularly(intervals):
    found = intervals["regular bursting"]
    pauses = found > 3 * np.median(found)
    assert pauses.sum() >= 3
    lengths = np.diff(np.flatnonzero(pauses))
    assert (lengths > 1).all()
    assert np.ptp(lengths[1:]) <= 1


def test_adex_at_the_step_of_the_twin_fires_about_as_at_a_fine_one():
    trials = Trials(np.full((250, 1, 1), 0.35), 2 * ms)
    network = continuous(alone(AdEx(), 1, 2 * ms))
    coarse, middle, fine = (
        simulate(network, trials, dt=dt * ms, target="numpy").rate_hz for dt in (2, 0.5, 0.1)
    )
    assert fine > 20
    assert coarse == pytest.approx(fine, rel=0.2)
    assert middle == pytest.approx(fine, rel=0.05)


def test_adaptation_lets_the_rate_fall_towards_what_its_current_leaves():
    trials = Trials(np.full((600, 1, 1), 0.5), 2 * ms)
    b, tau_w = 0.1, 100 * ms
    neuron = AdaptiveLIF(b=b, tau_w=tau_w)
    recording = simulate(
        alone(neuron, 1, 2 * ms), trials, target="numpy", record_states=["w"], record_neurons=[0]
    )
    intervals = np.diff(recording.spikes[:, 0])
    assert intervals[-1] > intervals[0]
    late = recording.raster[300:, 0, 0]
    rate = late.mean() / 2e-3
    # w decays by 1 - a_w each step and grows by b each spike; it is read before the spike counts
    mean = b * rate * 2e-3 * np.exp(-0.02) / (1 - np.exp(-0.02))
    assert recording.states["w"][300:].mean() == pytest.approx(mean, rel=0.05)


def test_conductances_rest_at_the_leak_potential():
    recording = simulate(
        alone(ConductanceLIF(), 1, 2 * ms), Trials(np.zeros((50, 1, 1)), 2 * ms),
        target="numpy", record_states=["v"], record_neurons=[0],
    )  # fmt: skip
    np.testing.assert_allclose(recording.states["v"], -70e-3, rtol=1e-12)


@pytest.mark.parametrize(
    ("weight", "leak", "factor"),
    [
        (1e-5, -70, 70 / 60),  # (E_exc - E_L)/(E_exc - V_ref)
        (-1e-5, -70, 10 / 20),  # (E_L - E_inh)/(V_ref - E_inh)
        (-1e-5, -80, 0),  # at the reversal potential
        (1e-5, -60, 1),  # at the reference, as a current
        (-1e-5, -60, 1),
    ],
)
def test_postsynaptic_potentials_scale_with_the_driving_force(weight, leak, factor):
    trials = Trials(np.zeros((60, 1, 1)), 2 * ms)
    trials.inputs[0] = weight
    neuron = ConductanceLIF(E_L=leak * mV, V_reset=leak * mV)
    recording = simulate(
        alone(neuron, 1, 2 * ms), trials, target="numpy", record_states=["v"], record_neurons=[0]
    )
    a_mem, a_syn, k = np.exp(-0.1), np.exp(-0.2), np.arange(60)
    span = (-50 - leak) * 1e-3
    shape = (1 - a_mem) * (a_mem ** (k + 1) - a_syn ** (k + 1)) / (a_mem - a_syn)
    np.testing.assert_allclose(
        recording.states["v"][:, 0, 0] - leak * 1e-3,
        weight * span * factor * shape,
        atol=2e-4 * abs(weight * span),
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AdaptiveLIF(b=-1.0), "`b` must be zero or positive: got -1.0"),
        (lambda: AdEx(Delta_T=0 * mV), "`Delta_T` must be positive"),
        (lambda: AdEx(C=1 * nS), "`C` must be positive, in units such as pF"),
        (lambda: AdEx(cut=0.0), "`cut` must be positive"),
        (lambda: ConductanceLIF(E_inh=-50 * mV), "`V_ref` must lie between `E_inh` and `E_exc`"),
        (lambda: ConductanceLIF(driving_force=2.0), "`driving_force` must lie between 0 and 1"),
    ],
)
def test_parameters_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_explicit_scheme_runs_at_its_own_step_only(draw_network, draw_trials):
    with pytest.raises(ValueError, match=r"`dt` must be the step of the trials.*continuous\("):
        simulate(draw_network(), draw_trials(), dt=1 * ms, target="numpy")
