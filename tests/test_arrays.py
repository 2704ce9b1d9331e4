import csv

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.experiments.arrays import Arrays
from spikemodes.experiments.recorded_trials import RecordedTrials, read_trials
from spikemodes.experiments.spec import parse_spec
from spikemodes.learning import twin
from spikemodes.learning.initialisation import initial_network
from spikemodes.learning.reference import ReferenceBackend
from spikemodes.learning.training import TrainingOptions, train
from spikemodes.learning.twin import Twin

STEPS, CHANNELS = 25, 6


def signals(n_trials, rng):
    """Three classes: which two of six noisy channels rise; one channel is missing in some."""
    labels = np.arange(n_trials) % 3
    inputs = 100 + 20 * rng.normal(size=(n_trials, STEPS, CHANNELS))
    for trial, label in enumerate(labels):
        inputs[trial, 5:, 2 * label : 2 * label + 2] += 25
        if rng.random() < 0.2:
            inputs[trial, :, rng.integers(CHANNELS)] = np.nan
    return inputs, labels


def write_csv(path, inputs, columns):
    """Write trials with further columns by name, of a value per trial or per sample."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["trial", *columns, *(f"sensor {c}" for c in range(inputs.shape[2]))])
        for trial, step in np.ndindex(*inputs.shape[:2]):
            further = [v[trial] if np.ndim(v) == 1 else v[trial, step] for v in columns.values()]
            cells = ["" if np.isnan(x) else repr(float(x)) for x in inputs[trial, step]]
            writer.writerow([trial, *further, *cells])
    return path


@pytest.fixture(scope="module")
def sensors(tmp_path_factory):
    inputs, labels = signals(120, np.random.default_rng(0))
    return write_csv(tmp_path_factory.mktemp("data") / "sensors.csv", inputs, {"label": labels})


def test_six_noisy_sensors_three_classes_and_missing_channels_are_learned(sensors, monkeypatch):
    monkeypatch.setattr(twin, "choose_backend", lambda model, device: ReferenceBackend(model))
    task, rng = Arrays(data=str(sensors)), np.random.default_rng(1)
    network = initial_network(20, 2, 6, 3, task.dt, rng, readout=task.readout)
    network = train(task, network, TrainingOptions(updates=60, batch_size=30)).network
    trials = task.sample_test(task.n_test, rng)
    assert trials.n_trials == 24
    accuracy = task.score(Twin(network).record(trials).outputs, trials).accuracy
    assert accuracy is not None
    assert accuracy >= 0.95


def test_a_csv_file_holds_what_was_written(sensors):
    inputs, labels = signals(120, np.random.default_rng(0))
    read = read_trials(str(sensors))
    np.testing.assert_array_equal(read.inputs, inputs)
    np.testing.assert_array_equal(read.labels, labels)
    assert read.targets is None


def test_target_traces_are_read_from_both_kinds_of_file(tmp_path):
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(4, 7, 2)), rng.normal(size=(4, 7, 2))
    columns = {"target x": targets[..., 0], "target y": targets[..., 1]}
    np.savez(tmp_path / "a.npz", inputs=inputs, targets=targets)
    for path in (write_csv(tmp_path / "a.csv", inputs, columns), tmp_path / "a.npz"):
        read = read_trials(str(path))
        np.testing.assert_array_equal(read.inputs, inputs)
        assert read.targets is not None
        np.testing.assert_array_equal(read.targets, targets)


def test_training_and_test_trials_are_apart_and_the_seed_chooses(sensors):
    task = Arrays(data=str(sensors), test=0.25)
    chosen, kept = task.split
    assert sorted([*chosen, *kept]) == list(range(120))
    assert task.n_test == 30
    assert not np.array_equal(kept, Arrays(data=str(sensors), test=0.25, split_seed=1).split[1])
    with pytest.raises(ValueError, match="`n_trials` must be from 1 to 30"):
        task.sample_test(31, np.random.default_rng(0))


def test_channels_are_scaled_over_the_training_trials_and_missing_ones_are_0(sensors):
    task = Arrays(data=str(sensors))
    chosen, kept = task.split
    raw = task.recorded.inputs
    trials = task.sample_test(task.n_test, np.random.default_rng(0))
    mean = np.nanmean(raw[chosen], axis=(0, 1))
    deviation = np.nanstd(raw[chosen], axis=(0, 1))
    expected = np.nan_to_num((raw[kept] - mean) / deviation).swapaxes(0, 1)
    assert np.isnan(raw[kept]).any()
    np.testing.assert_allclose(trials.inputs, expected, atol=1e-5)
    assert task.recorded.labels is not None
    np.testing.assert_array_equal(trials.labels, task.recorded.labels[kept])


def test_samples_are_held_over_their_interval(sensors):
    task = Arrays(data=str(sensors), interval=6 * ms)
    trials = task.sample(3, np.random.default_rng(0))
    assert trials.n_steps == 3 * STEPS == task.epochs["recording"].stop
    np.testing.assert_array_equal(trials.inputs[::3], trials.inputs[2::3])


def test_noise_missing_channels_and_jitter_vary_training_trials_alone(sensors):
    plain = Arrays(data=str(sensors))
    noisy = Arrays(data=str(sensors), noise=0.5, missing=0.3, jitter=4 * ms)
    one, two = (t.sample_test(24, np.random.default_rng(0)).inputs for t in (plain, noisy))
    np.testing.assert_array_equal(one, two)
    only_noise = Arrays(data=str(sensors), noise=0.5)
    one, two = (t.sample(500, np.random.default_rng(0)).inputs for t in (plain, only_noise))
    assert np.std(two - one) == pytest.approx(0.5, rel=0.02)
    gaps = [
        (t.sample(500, np.random.default_rng(0)).inputs == 0).all(0).mean()
        for t in (plain, Arrays(data=str(sensors), missing=0.3))
    ]
    assert gaps[1] == pytest.approx(0.3 + 0.7 * gaps[0], abs=0.05)


def test_jitter_shifts_inputs_and_targets_together_and_holds_the_ends(tmp_path):
    ramp = np.tile(np.arange(10.0)[:, None], (4, 1, 1))
    np.savez(tmp_path / "ramp.npz", inputs=ramp, targets=ramp)
    task = Arrays(data=str(tmp_path / "ramp.npz"), jitter=4 * ms)
    trials = task.sample(200, np.random.default_rng(0))
    assert trials.targets is not None
    np.testing.assert_allclose(trials.inputs, trials.targets, atol=1e-6)
    times = np.rint(trials.inputs[..., 0] * np.arange(10).std() + 4.5)
    shifts = set()
    for trial in times.T:
        shift = 5 - int(trial[5])
        np.testing.assert_array_equal(trial, np.clip(np.arange(10) - shift, 0, 9))
        shifts.add(shift)
    assert shifts == {-2, -1, 0, 1, 2}


def test_regression_is_scored_by_its_error(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "a.npz", inputs=rng.normal(size=(6, 9, 2)), targets=rng.normal(size=(6, 9, 1))
    )
    task = Arrays(data=str(tmp_path / "a.npz"), test=0.5)
    trials = task.sample_test(3, rng)
    assert trials.targets is not None
    assert task.score(trials.targets, trials).measures == {"mse": 0, "normalised_error": 0}
    flat = np.full_like(trials.targets, trials.targets.mean())
    score = task.score(flat, trials).measures
    assert score["normalised_error"] == pytest.approx(1)
    loss = task.loss(torch.tensor(flat), trials).item()
    assert loss == pytest.approx(score["mse"])


HEADER = "trial,label,a,b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no header"),
        (HEADER, "there is no row"),
        ("label,a\n0,1", "no column `trial`"),
        (f"{HEADER}\n0,0,1,2\n0,0,1", "line 3 has 3 cells where the header has 4"),
        (f"{HEADER}\n0,0,1,x", "line 2 must have a finite number in column `b`: got 'x'"),
        (f"{HEADER}\n0,0,1,nan", "line 2 must have a finite number in column `b`: got 'nan'"),
        (f"{HEADER}\n0,0,inf,1", "line 2 must have a finite number in column `a`: got 'inf'"),
        (f"{HEADER}\n0,,1,1", "line 2 must have a finite number in column `label`: got ''"),
        (f"{HEADER}\n0,0,1,1\n1,1,1,1\n1,1,2,2", "as many rows: trial 0 has 1, trial 1 has 2"),
        (f"{HEADER}\n0,0,1,1\n1,1,1,1\n0,0,2,2\n1,1,1,1", "must follow each other"),
        (f"{HEADER}\n0,0,1,1\n0,0,1,\n1,1,1,1\n1,1,2,2", "channel 1 of trial 0 is not"),
        (f"{HEADER}\n0,0,1,1\n0,1,1,1", "one whole number all along a trial"),
        (f"{HEADER}\n0,0,1,1\n1,2,1,1", "every class from 0.*got 0, 2"),
        (f"{HEADER}\n0,-1,1,1\n1,0,1,1", "whole numbers from 0"),
        (f"{HEADER}\n0,0,1,1", "2 trials or more"),
        ("trial,a\n0,1\n1,2", "got neither"),
        ("trial,label,target,a\n0,0,1,1\n1,1,2,1", "got both"),
        ("trial,label\n0,0\n1,1", "must be trial × time × channel"),
    ],
)
def test_bad_csv_files_are_named_in_one_line(text, message, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        parse_spec({"task": {"name": "arrays", "data": str(path)}})
    assert str(caught.value).startswith("`task.data` must hold trials: in `")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"labels": np.arange(2)}, "there is no `inputs`, only labels"),
        ({"inputs": np.array(["a", "b"])}, "`inputs` must be numbers"),
        ({"inputs": np.ones((2, 3)), "labels": np.arange(2)}, "must be trial × time × channel"),
        ({"inputs": np.ones((2, 3, 1)), "labels": np.arange(3)}, "one value per trial, 2"),
        ({"inputs": np.ones((2, 3, 1)), "labels": np.array([0.0, 1.5])}, "whole numbers from 0"),
        ({"inputs": np.ones((2, 3, 1)), "targets": np.ones((2, 4, 1))}, "`targets` must be trial"),
        (
            {"inputs": np.ones((2, 3, 1)), "targets": np.full((2, 3, 1), np.nan)},
            "`targets` must be finite",
        ),
    ],
)
def test_bad_npz_files_are_named(arrays, message, tmp_path):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_trials(str(tmp_path / "bad.npz"))


def test_other_files_are_named(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    with pytest.raises(ValueError, match="nothing can be read"):
        read_trials(str(tmp_path / "bad.npz"))
    for file, message in (
        ("", r"must be a \.npz or \.csv file: got ''"),
        ("a.xlsx", r"must be a \.npz or \.csv file"),
        ("a.csv", "must be a file: there is none"),
    ):
        with pytest.raises(ValueError, match=message):
            read_trials(file)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"test": 1.0}, "`test` must be above 0 and below 1"),
        ({"noise": -1.0}, "`noise` must be finite"),
        ({"missing": 1.0}, "`missing` must be 0 or more"),
        ({"jitter": 3 * ms}, "`jitter` must be a whole number of steps"),
        ({"interval": 3 * ms}, "`interval` must be a whole number of steps"),
        ({"test": 0.999}, "`test` must leave trials of every class"),
    ],
)
def test_bad_parameters_are_named(parameters, message, sensors):
    with pytest.raises(ValueError, match=message):
        Arrays(data=str(sensors), **parameters)


def test_every_trial_has_one_kind_of_answer():
    with pytest.raises(ValueError, match="got both"):
        RecordedTrials(np.ones((2, 3, 1)), np.arange(2), np.ones((2, 3, 1)))
