import numpy as np
import pytest
from spikemodes.analysis import epairs, find_classes, fit_mixture


def gaussian(n=120, d=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d))


def planted(n_classes, n=120, d=4, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(n_classes, size=n)
    return rng.normal(size=(n, d)) + 6 * np.eye(d)[labels], labels


@pytest.mark.parametrize("n_classes", [2, 4])
def test_planted_classes_are_found(n_classes):
    rows, labels = planted(n_classes)
    found = find_classes(rows, np.random.default_rng(1))
    assert found.mixture.n_classes == found.by_bic == n_classes
    assert found.stability[n_classes - 1] > 0.95
    shares = [np.bincount(labels[found.mixture.labels == k]) for k in range(n_classes)]
    assert all(share.max() >= 0.9 * share.sum() for share in shares)


@pytest.mark.parametrize("seed", range(4))
def test_one_gaussian_is_one_class(seed):
    found = find_classes(gaussian(seed=seed), np.random.default_rng(1))
    assert found.mixture.n_classes == found.by_bic == 1
    assert found.stability[0] == 1
    assert (found.stability[1:] < 0.9).all()


def test_the_mixture_draws_what_it_was_fitted_to():
    rows, labels = planted(2)
    rows *= [1.0, 100.0, 0.01, 1.0]  # whatever the units
    mixture = fit_mixture(rows, 2)
    drawn, classes = mixture.draw(20_000, np.random.default_rng(0))
    for k in range(2):
        own = rows[mixture.labels == k]
        np.testing.assert_allclose(
            drawn[classes == k].mean(0), own.mean(0), atol=1e-9 + 0.1 * rows.std(0).max()
        )
        spread = drawn[classes == k].std(0) / own.std(0)
        np.testing.assert_allclose(spread, 1, atol=0.1)
    assert np.bincount(classes)[0] == round(20_000 * mixture.weights[0])
    assert sorted(np.bincount(mixture.labels)) == sorted(np.bincount(labels))


def test_epairs_finds_clusters_and_no_more():
    assert epairs(gaussian(), np.random.default_rng(1)).p > 0.05
    found = epairs(planted(4)[0], np.random.default_rng(1))
    assert found.p < 0.01
    assert found.statistic > 0.1
    stretched = gaussian(seed=3) * [1, 50, 1, 0.01]
    assert epairs(stretched, np.random.default_rng(1)).p > 0.05


def test_evenly_spread_cells_are_told_from_clusters():
    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    found = epairs(np.column_stack([np.cos(turns), np.sin(turns)]), np.random.default_rng(0))
    assert found.statistic < 0
    assert found.p < 0.01


def test_few_cells_are_one_class_and_fewer_are_refused():
    rng = np.random.default_rng(0)
    assert len(find_classes(gaussian(n=15), rng).numbers) == 1
    for use in (find_classes, epairs):
        with pytest.raises(ValueError, match=r"`rows` must have 2 cells or more for each column"):
            use(gaussian(n=7), rng)
        with pytest.raises(ValueError, match=r"`rows` must be finite"):
            use(np.full((20, 2), np.nan), rng)
    with pytest.raises(ValueError, match=r"`n_classes` must be between 1 and 15"):
        fit_mixture(gaussian(), 16)
    with pytest.raises(ValueError, match=r"`n_cells` must be 1 or more"):
        fit_mixture(gaussian(), 1).draw(0, rng)
