import numpy as np
import pytest
from spikemodes.analysis import psychophysical_kernel

S, B, DT = 40, 600, 0.01


def evidence(seed):
    return np.random.default_rng(seed).standard_normal((S, B))


def test_an_integrator_weighs_all_moments_alike():
    found = []
    for seed in range(20):
        x = evidence(seed)
        kernel = psychophysical_kernel(x, x.sum(0), dt=DT)
        assert kernel is not None
        found.append(kernel)
    shares = np.array([kernel.early_share for kernel in found])
    assert shares[:, 0].mean() == pytest.approx(0.5, abs=0.02)
    assert ((shares[:, 1] < 0.5) & (shares[:, 2] > 0.5)).mean() >= 0.8
    # E[x | Σx > 0] - E[x | Σx < 0] = 2 √(2/π) / √S for a mean of unit normal steps
    weight = np.mean([kernel.weight for kernel in found], axis=0)
    np.testing.assert_allclose(weight, 2 * np.sqrt(2 / np.pi / S), rtol=0.1)
    np.testing.assert_allclose(found[0].times[[0, -1]], [0.025, 0.375])


@pytest.mark.parametrize("early", [True, False])
def test_what_decides_early_or_forgets_is_told(early):
    x = evidence(1)
    decay = np.exp(-np.arange(S) / 8)
    found = psychophysical_kernel(x, (decay if early else decay[::-1]) @ x, dt=DT)
    assert found is not None
    share, low, high = found.early_share
    assert (low > 0.7 and share > 0.7) if early else (high < 0.3 and share < 0.3)


def test_evidence_that_does_not_count_has_no_weight():
    inside = []
    for seed in range(10):
        kernel = psychophysical_kernel(evidence(seed), evidence(100 + seed).sum(0), dt=DT)
        assert kernel is not None
        inside += [(kernel.low < 0) & (kernel.high > 0)]
        assert np.isnan(kernel.early_share[0])
    assert np.mean(inside) >= 0.88


def test_choices_that_are_all_the_same_have_no_kernel():
    assert psychophysical_kernel(evidence(4), np.ones(B), dt=DT) is None
    with pytest.raises(ValueError, match="`fluctuations` must be step × trial"):
        psychophysical_kernel(evidence(4), np.ones(3), dt=DT)
