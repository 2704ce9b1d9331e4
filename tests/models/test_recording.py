import numpy as np
import pytest
from brian2 import ms
from spikemodes.models import Recording


def recording(**changes):
    rng = np.random.default_rng(0)
    raster = rng.random((6, 2, 4)) < 0.3
    fields = {
        "spikes": np.argwhere(raster),
        "n_neurons": 4,
        "n_trials": 2,
        "n_steps": 6,
        "dt": 0.5 * ms,
        "outputs": rng.normal(size=(6, 2, 1)),
        "modes": rng.normal(size=(6, 2, 3)),
        "states": {"v": rng.normal(size=(6, 2, 2)), "I": rng.normal(size=(6, 2, 2))},
        "state_neurons": np.array([3, 1]),
    }
    return Recording(**{**fields, **changes})


def same(first, second):
    for name in ("n_neurons", "n_trials", "n_steps"):
        assert getattr(first, name) == getattr(second, name)
    assert float(first.dt) == float(second.dt)
    for name in ("spikes", "outputs", "modes", "state_neurons"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.states.keys() == second.states.keys()
    for name in first.states:
        np.testing.assert_array_equal(first.states[name], second.states[name])


@pytest.mark.parametrize(
    "changes",
    [{}, {"states": {}}, {"spikes": np.zeros((0, 3), int)}, {"outputs": np.ones((2, 5))}],
    ids=["everything", "no states", "no spikes", "one output per trial"],
)
def test_a_recording_survives_being_saved_and_loaded(changes, tmp_path):
    before = recording(**changes)
    before.save(tmp_path / "recording.npz")
    same(Recording.load(tmp_path / "recording.npz"), before)


def test_saving_leaves_no_other_file(tmp_path):
    recording().save(tmp_path / "recording.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["recording.npz"]


@pytest.mark.parametrize("kept", [0, 20, 0.5, 0.99])
def test_a_damaged_recording_is_named(kept, tmp_path):
    path = tmp_path / "recording.npz"
    recording().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if kept < 1 else kept])
    with pytest.raises(ValueError, match=r"recording\.npz` must be a recording written by"):
        Recording.load(path)


def test_a_file_of_something_else_is_not_a_recording(tmp_path):
    np.savez(tmp_path / "other.npz", spikes=np.zeros((2, 3)))
    with pytest.raises(ValueError, match="must be a recording written by spikemodes"):
        Recording.load(tmp_path / "other.npz")


def test_objects_in_a_recording_are_never_unpickled(tmp_path):
    path = tmp_path / "evil.npz"
    np.savez(path, shape=np.array([object()]))
    with pytest.raises(ValueError, match="must be a recording"):
        Recording.load(path)


def test_a_path_may_be_text(tmp_path):
    path = str(tmp_path / "recording.npz")
    recording().save(path)
    np.testing.assert_array_equal(Recording.load(path).spikes, recording().spikes)


def test_a_missing_recording_is_not_a_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        Recording.load(tmp_path / "none.npz")


def test_the_raster_holds_every_spike_once():
    r = recording()
    assert r.raster.shape == (6, 2, 4)
    np.testing.assert_array_equal(np.argwhere(r.raster), r.spikes)


def test_the_rate_is_spikes_per_neuron_per_trial_per_second():
    spikes = np.array([[0, 0, 0], [1, 0, 1], [2, 1, 3]])
    assert recording(spikes=spikes).rate_hz == pytest.approx(3 / (4 * 2 * 3e-3))
    assert recording().duration == 3 * ms


def test_sampled_at_a_longer_step_it_shows_the_end_of_each_step():
    fine = recording()
    coarse = fine.at_step(1.5 * ms)
    assert (coarse.n_steps, coarse.dt) == (2, 1.5 * ms)
    np.testing.assert_array_equal(coarse.outputs, fine.outputs[[2, 5]])
    np.testing.assert_array_equal(coarse.modes, fine.modes[[2, 5]])
    np.testing.assert_array_equal(coarse.states["v"], fine.states["v"][[2, 5]])
    assert len(coarse.spikes) == len(fine.spikes)
    assert coarse.rate_hz == pytest.approx(fine.rate_hz)
    np.testing.assert_array_equal(coarse.spikes[:, 0], fine.spikes[:, 0] // 3)


def test_one_output_per_trial_is_not_sampled_in_time():
    peak = recording(outputs=np.ones((2, 5)))
    assert peak.at_step(1 * ms).outputs.shape == (2, 5)
