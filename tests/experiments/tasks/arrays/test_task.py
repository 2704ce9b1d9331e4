import csv
from io import StringIO

import numpy as np
import pytest
import torch
from brian2 import ms
from rich.console import Console
from spikemodes.experiments import RunDirectory, parse_spec
from spikemodes.experiments.display.progress import Lines
from spikemodes.experiments.pipeline import (
    analyse as analysis,
    train as training,
    validate as validation,
)
from spikemodes.experiments.report.data import data
from spikemodes.experiments.report.reported import Reported
from spikemodes.experiments.tasks import Arrays, with_targets
from spikemodes.experiments.tasks.arrays.reading import read_trials
from spikemodes.experiments.tasks.arrays.recorded_trials import RecordedTrials
from spikemodes.learning import ReferenceBackend, TrainingOptions, Twin, initial_network, train
from spikemodes.learning.twin import twin

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
    task = Arrays(data=str(tmp_path / "ramp.npz"), channels=[0], jitter=4 * ms)
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
    assert task.score(trials.targets, trials).measures == {
        "performance": 1, "explained_variance": 1, "mse": 0, "normalised_error": 0,
    }  # fmt: skip
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
        (f"{HEADER}\n0,0,1,1\n\n1,1,1,1e39", "channel `b` must be finite.*line 4 has 1e\\+39"),
        (f"{HEADER}\n0,0,inf,1\n1,1,1,1", "channel `a` must be finite.*line 2 has inf"),
        (f"{HEADER}\n0,0,1,-1e400\n1,1,1,1", "channel `b` must be finite.*line 2 has -inf"),
        (f"{HEADER}\n0,,1,1\n1,1,1,1", "`label` must be one word .*line 2 must have one, got ''"),
        (f"{HEADER}\n0,0,1,1\n,1,1,1", "line 3 must name its trial in column `trial`"),
        (f"{HEADER}\n0,0,1,1\n1,1,1,1\n0,0,2,2\n1,1,1,1", "follow each other.*0 goes on in line 4"),
        (f"{HEADER}\n0,0,1,1\n0,0,1,\n1,1,1,1\n1,1,2,2", "channel `b` .*line 3 has none"),
        (f"{HEADER}\n0,0,1,1\n0,1,1,1", "line 3 must have that of its trial, got '1'"),
        (f"{HEADER}\n0,0,1,1\n1,0.5,1,1", "line 3 must have a whole number, got '0.5'"),
        (f"{HEADER}\n0,1,1,1\n1,1,1,1", "`labels` must have 2 classes or more: all trials have 1"),
        (f"{HEADER}\n0,0,1,1", "2 trials or more"),
        (f"{HEADER}\n0,0,,\n1,1,,", "all are missing"),
        ("trial,Trial,a\n0,0,1", "one column `trial`: there are 2"),
        ("trial,label,,a\n0,0,1,3\n0,0,5,4\n1,1,2,3\n1,1,2,3", "column 3 must have a name"),
        ("trial,a\n0,1\n1,2", "got neither"),
        ("trial,label,target,a\n0,0,1,1\n1,1,2,1", "got both"),
        ("trial,label\n0,0\n1,1", "there is no channel: the columns are trial, label"),
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
        ({"inputs": np.ones((2, 3, 1)), "labels": np.array([0, np.nan])}, "got nan"),
        ({"inputs": np.ones((2, 3, 1)), "labels": np.eye(2)}, "one value per trial"),
        ({"inputs": np.ones((2, 3, 1)), "labels": np.array(["a", 1], object)}, "no Python objects"),
        (
            {"inputs": np.array([[[1.0]], [[2.0, 3.0]]], object)},
            "`inputs` must hold no Python objects",
        ),
        ({"inputs": np.ones((2, 3, 1)) + 1j, "labels": np.arange(2)}, "numbers: got complex"),
        (
            {"inputs": np.array([[[1.0]], [[np.inf]]]), "labels": np.arange(2)},
            "channel `0` must be finite.*sample 0 of trial 1 has inf",
        ),
        (
            {
                "inputs": np.ones((2, 3, 1)),
                "labels": np.arange(2),
                "channels": np.array(["a", "b"]),
            },
            "`channels` must have one name per channel, 1: got 2",
        ),
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


def unequal(n_trials, rng):
    """Trials of 6 to 10 samples, filled up with NaN."""
    inputs = rng.normal(size=(n_trials, 10, 2))
    lengths = 6 + np.arange(n_trials) % 5
    inputs[np.arange(10) >= lengths[:, None]] = np.nan
    return inputs, lengths


def test_shorter_trials_get_neither_noise_nor_held_samples_after_their_end(tmp_path):
    inputs, lengths = unequal(20, np.random.default_rng(0))
    np.savez(tmp_path / "a.npz", inputs=inputs, labels=np.arange(20) // 10)
    task = Arrays(data=str(tmp_path / "a.npz"), noise=1.0, jitter=4 * ms, interval=4 * ms)
    for trials in (
        task.sample(50, np.random.default_rng(0)),
        task.sample_test(task.n_test, np.random.default_rng(0)),
    ):
        assert set(trials.scored.sum(0)) <= set(2 * lengths)
        assert (np.diff(trials.scored.astype(int), axis=0) <= 0).all()
        assert not trials.inputs[~trials.scored].any()
        assert trials.inputs[trials.scored].all()
    for seed in range(5):
        moved = Arrays(data=str(tmp_path / "a.npz"), jitter=4 * ms)
        trials = moved.sample(20, np.random.default_rng(seed))
        for shown, length in zip(trials.inputs.swapaxes(0, 1), trials.scored.sum(0), strict=True):
            assert len(np.unique(shown[:length, 0])) >= length - 2


def test_scales_are_those_of_what_was_recorded_alone(tmp_path):
    inputs, _ = unequal(20, np.random.default_rng(0))
    np.savez(tmp_path / "a.npz", inputs=100 + 5 * inputs, labels=np.arange(20) % 2)
    task = Arrays(data=str(tmp_path / "a.npz"))
    train, test = task.split
    mean, deviation = np.nanmean(inputs[train], (0, 1)), np.nanstd(inputs[train], (0, 1))
    expected = np.nan_to_num((inputs[test] - mean) / deviation).swapaxes(0, 1)
    trials = task.sample_test(len(test), np.random.default_rng(0))
    np.testing.assert_allclose(trials.inputs, expected, atol=1e-5)


def test_what_comes_after_the_end_counts_neither_in_loss_nor_in_score(tmp_path):
    inputs, _ = unequal(10, np.random.default_rng(0))
    np.savez(tmp_path / "a.npz", inputs=inputs, targets=inputs[..., :1])
    task = Arrays(data=str(tmp_path / "a.npz"), test=0.5)
    trials = task.sample_test(5, np.random.default_rng(0))
    assert trials.targets is not None
    noise = np.random.default_rng(1).normal(size=trials.targets.shape)
    elsewhere = trials.targets + np.where(trials.scored[..., None], 0, 1e3 * noise)
    assert task.loss(torch.tensor(elsewhere), trials).item() == 0
    score = task.score(elsewhere, trials)
    assert (score.performance, score.mse, score.further["normalised_error"]) == (1, 0, 0)
    within = trials.targets + 0.5 * trials.scored[..., None]
    assert task.loss(torch.tensor(within), trials).item() == pytest.approx(0.25)


def test_classes_asked_for_at_each_step_are_so_in_the_second_half_of_each_trial(tmp_path):
    inputs, lengths = unequal(20, np.random.default_rng(0))
    np.savez(tmp_path / "a.npz", inputs=inputs, labels=np.arange(20) // 10)
    task = Arrays(data=str(tmp_path / "a.npz"))
    plain, asked = (t.sample(30, np.random.default_rng(0)) for t in (task, with_targets(task)))
    ends = plain.scored.sum(0)
    assert set(ends) == set(lengths)
    np.testing.assert_array_equal(asked.scored.sum(0), ends - ends // 2)
    assert not asked.scored[~plain.scored].any()
    np.testing.assert_array_equal(asked.scored.argmax(0), ends // 2)


def test_targets_that_never_vary_in_the_test_trials_have_no_normalised_error(tmp_path):
    targets = np.zeros((6, 9, 1))
    targets[0] = 1
    np.savez(
        tmp_path / "a.npz", inputs=np.random.default_rng(0).normal(size=(6, 9, 2)), targets=targets
    )
    task = Arrays(data=str(tmp_path / "a.npz"))
    trials = task.sample_test(1, np.random.default_rng(0))
    assert trials.targets is not None
    assert list(task.score(trials.targets, trials).measures) == ["mse"]


def test_a_channel_that_is_constant_in_training_is_only_centred(tmp_path):
    inputs = np.random.default_rng(0).normal(size=(10, 9, 2))
    task = Arrays(data=_saved(tmp_path / "a.npz", inputs))
    inputs[..., 1] = 0.1
    inputs[task.split[1], :, 1] = 0.3
    trials = Arrays(data=_saved(tmp_path / "b.npz", inputs)).sample_test(
        2, np.random.default_rng(0)
    )
    np.testing.assert_allclose(trials.inputs[..., 1], 0.2, atol=1e-6)


def _saved(path, inputs):
    np.savez(path, inputs=inputs, labels=np.arange(len(inputs)) % 2)
    return str(path)


def test_channels_and_classes_are_named_on_the_terminal_in_summary_and_report(tmp_path, kernels):
    inputs, labels = signals(24, np.random.default_rng(0))
    words = np.array(["left", "right", "a <b> costs $5"])[labels]
    file = write_csv(tmp_path / "sensors.csv", inputs, {"label": words})
    shown = StringIO()
    display = Lines(Console(file=shown))
    settings = {
        "task": {"name": "arrays", "data": str(file), "channels": ["sensor 5", "sensor 0"]},
        "network": {"neurons": 8, "modes": 1},
        "train": {"updates": 2, "batch": 4},
        "simulate": {"target": "numpy", "trials": 5},
    }
    spec = parse_spec(settings)
    run = RunDirectory.create(tmp_path / "run", spec.resolved())
    network = training.train(run, spec, display)
    recording = validation.validate(run, spec, network, display)
    found = analysis.analyse(run, spec, network, recording, display)
    section = data(Reported(run, spec, network, recording, found, run.read_summary()))
    names = ["a <b> costs $5", "left", "right"]
    assert "channels: sensor 5, sensor 0\n" in shown.getvalue()
    assert f"classes: {', '.join(names)}\n" in shown.getvalue()
    summary = run.read_summary().plain()
    assert (summary["channels"], summary["classes"]) == (["sensor 5", "sensor 0"], names)
    assert summary["network"]["inputs"] == 2
    assert section is not None
    assert "The input channels are sensor 5, sensor 0." in section.text
    assert "The classes are a <b> costs $5, left, right." in section.text
    spoken = set(analysis.condition_labels(spec.build_task().sample(20, np.random.default_rng(0))))
    assert spoken == {f"class {name}" for name in names}
    assert set(found.kappa_in) <= spoken
