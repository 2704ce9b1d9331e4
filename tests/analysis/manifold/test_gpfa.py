"""Single-trial trajectories: a planted one is found, by Elephant."""

import numpy as np
import pytest
from spikemodes.analysis import single_trial_trajectories

SHAPE = {"n_neurons": 12, "n_trials": 6, "n_steps": 100, "dt": 0.01}


def test_a_planted_trajectory_is_found_in_single_trials(capsys):
    rng = np.random.default_rng(0)
    phase = rng.uniform(0, 2 * np.pi, 6)
    latent = np.sin(2 * np.pi * np.arange(100)[:, None] / 50 + phase)  # T × B
    weights = rng.choice([-1.0, 1.0], 12)
    p = 0.3 + 0.25 * latent[..., None] * weights
    spikes = np.argwhere(rng.random(p.shape) < p)
    spikes = np.vstack([spikes, spikes[spikes[:, 2] == 3] * [1, 1, 0] + [0, 0, 11]])
    found = single_trial_trajectories(
        np.unique(spikes, axis=0), **SHAPE, n_dimensions=1, bin_size=0.05, n_iterations=30
    )
    assert found.shape == (20, 6, 1)
    assert not capsys.readouterr().out
    wanted = latent.reshape(20, 5, 6).mean(axis=1)
    assert abs(np.corrcoef(found[..., 0].ravel(), wanted.ravel())[0, 1]) > 0.9


def test_silence_and_short_trials_are_refused():
    none = np.zeros((0, 3), int)
    with pytest.raises(ValueError, match=r"`n_dimensions` must be below .* fire, 0: got 3"):
        single_trial_trajectories(none, **SHAPE)
    with pytest.raises(ValueError, match="`bin_size` must fit into a trial of 1 s"):
        single_trial_trajectories(none, **SHAPE, bin_size=0.6)
