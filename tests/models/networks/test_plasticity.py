"""Short-term plasticity: closed forms, what files keep, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import Hz, ms
from spikemodes.models import (
    Dense,
    Pathway,
    ShortTermPlasticity,
    Sparse,
    load_spiking_network,
    save_network,
    to_dense,
    under_modes,
)

DEPRESSING = ShortTermPlasticity(0.5, 0 * ms, 800 * ms)
FACILITATING = ShortTermPlasticity(0.04, 1000 * ms, 100 * ms)


def efficacies(plasticity, spikes, n_steps, dt=1 * ms):
    """What each spike counts, step by step as `PlasticityStep` says it."""
    p = plasticity.at_step(dt)
    u, x, counted = 0.0, 1.0, []
    for k in range(n_steps):
        u, x = p.keep_u * u, 1 - p.keep_x * (1 - x)
        if k in spikes:
            u += p.U * (1 - u)
            counted.append(p.scale * u * x)
            x -= u * x
    return np.array(counted)


def iterated(plasticity, times):
    """The same with u at rest at U and raised after the release, from spike to spike."""
    u, x, counted = plasticity.U, 1.0, []
    for gap in [*np.diff(times), 0.0]:
        counted.append(u * x)
        kept_u = np.exp(-gap / tau) if (tau := plasticity.tau_facilitation / ms) else 0.0
        kept_x = np.exp(-gap / (plasticity.tau_depression / ms))
        u, x = (
            plasticity.U + (u + plasticity.U * (1 - u) - plasticity.U) * kept_u,
            1 - (1 - x * (1 - u)) * kept_x,
        )
    return np.array(counted)


@pytest.mark.parametrize("plasticity", [DEPRESSING, FACILITATING], ids=["D", "F"])
@pytest.mark.parametrize("rate", [5, 20, 50])
def test_regular_spikes_settle_at_the_steady_state(plasticity, rate):
    interval = 1000 // rate
    found = efficacies(plasticity, range(0, 8000, interval), 8000)
    u, x = plasticity.steady_state(rate * Hz)
    assert found[0] == pytest.approx(plasticity.U)
    assert found[-1] == pytest.approx(u * x, rel=1e-3)
    kept_u, kept_x = u, x  # a fixed point of the map from spike to spike
    if tau := float(plasticity.tau_facilitation / ms):
        kept_u = plasticity.U + (1 - plasticity.U) * u * np.exp(-interval / tau)
    kept_x = 1 - np.exp(-interval / float(plasticity.tau_depression / ms)) * (1 - x * (1 - u))
    assert (kept_u, kept_x) == pytest.approx((u, x), rel=1e-12)


def test_a_train_depresses_as_one_over_the_rate():
    """Beyond 1/(U tau) the steady efficacy is 1/(rate tau) (Tsodyks & Markram 1997)."""
    found = efficacies(DEPRESSING, range(0, 1000, 50), 1000)
    assert (np.diff(found) < 0).all()
    for rate in (100, 200):
        efficacy = np.prod(DEPRESSING.steady_state(rate * Hz))
        assert efficacy == pytest.approx(1 / (rate * 0.8), rel=0.02)


def test_a_train_facilitates_and_then_depresses():
    found = efficacies(ShortTermPlasticity(0.05, 150 * ms, 500 * ms), range(0, 600, 14), 600)
    peak = int(np.argmax(found))
    assert 2 < peak < 15
    assert (np.diff(found[: peak + 1]) > 0).all()
    assert (np.diff(found[peak:]) < 0).all()
    assert found[peak] > 2 * found[0]
    assert found[-1] < found[peak] / 2


@pytest.mark.parametrize("plasticity", [DEPRESSING, FACILITATING], ids=["D", "F"])
def test_it_is_the_iteration_from_spike_to_spike_in_either_convention(plasticity):
    times = np.cumsum(np.random.default_rng(0).integers(1, 120, 30))
    found = efficacies(plasticity, set(times), times[-1] + 1)
    np.testing.assert_allclose(found, iterated(plasticity, times), rtol=1e-12)


@pytest.mark.parametrize("dt", [0.1, 1, 5])
def test_a_step_is_exact_at_any_length(dt):
    found = efficacies(FACILITATING, {0, round(50 / dt)}, round(60 / dt), dt * ms)
    np.testing.assert_allclose(found, iterated(FACILITATING, np.array([0.0, 50.0])))


@pytest.mark.parametrize("plasticity", [DEPRESSING, FACILITATING], ids=["D", "F"])
def test_spikes_count_as_their_weight_says_at_the_rate_that_it_is_kept_at(plasticity):
    at_20 = efficacies(replace(plasticity, kept_at=20 * Hz), range(0, 8000, 50), 8000)
    assert at_20[-1] == pytest.approx(1, rel=1e-3)
    first = efficacies(replace(plasticity, kept_at=0 * Hz), range(0, 500, 50), 500)
    assert first[0] == 1


def test_without_time_constants_every_spike_counts_the_same():
    fixed = ShortTermPlasticity(0.4, 0 * ms, 0 * ms, 20 * Hz)
    np.testing.assert_array_equal(efficacies(fixed, range(10), 10), 1.0)


def test_a_file_keeps_it(draw_network, tmp_path):
    network = draw_network()
    for plasticity in (FACILITATING, replace(DEPRESSING, kept_at=12.5 * Hz)):
        plastic = network.with_pathway(replace(network.main, plasticity=plasticity))
        save_network(plastic, tmp_path / "network")
        again = load_spiking_network(tmp_path / "network")
        assert again.main.plasticity == plasticity
        assert again.with_modes(network.modes.scaled(np.ones(2))).main.plasticity == plasticity


def test_pathways_that_become_one_keep_what_they_share(draw_network):
    network = draw_network()
    plastic = network.with_pathway(replace(network.main, plasticity=DEPRESSING))
    assert to_dense(plastic).main.plasticity == DEPRESSING
    assert under_modes(plastic, network.modes).main.plasticity == DEPRESSING
    fixed = Pathway(connectivity=Sparse.of(np.eye(8)), learned=False)
    both = replace(plastic, pathways=(*plastic.pathways, fixed))
    assert under_modes(both, network.modes).main.plasticity == DEPRESSING
    with pytest.raises(ValueError, match="`plasticity` must be the same in pathways that become"):
        to_dense(both)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: replace(DEPRESSING, U=0.0), "`U` must be above 0 and at most 1: got 0"),
        (lambda: replace(DEPRESSING, U=1.5), "`U` must be above 0"),
        (lambda: replace(DEPRESSING, U=np.nan), "`U` must be above 0"),
        (lambda: replace(DEPRESSING, tau_depression=-1 * ms), "`tau_depression` must be zero or"),
        (lambda: replace(DEPRESSING, tau_facilitation=3.0), "`tau_facilitation` must be a time"),
        (
            lambda: replace(DEPRESSING, tau_depression=[1, 2] * ms),
            "`tau_depression` must be one time for all synapses",
        ),
        (lambda: replace(DEPRESSING, kept_at=20 * ms), "`kept_at` must be a rate"),
        (lambda: replace(DEPRESSING, kept_at=-1 * Hz), "`kept_at` must be zero or positive"),
        (
            lambda: replace(Pathway(connectivity=Dense(np.eye(2))), plasticity="depressing"),
            "`plasticity` must be a ShortTermPlasticity or None: got depressing",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
