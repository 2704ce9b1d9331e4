from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd
import pytest
from spikemodes.experiments.tasks.arrays.reading import read_trials
from spikemodes.experiments.tasks.arrays.recorded_trials import number_classes

M, T = 8, 6
RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(M, T, 2)).round(4)
LABELS = np.arange(M) % 2


def table(labels: Any = LABELS, trials: Any = range(M), **further):
    """Trials as a data frame, a row for each sample."""
    columns = {"trial": np.repeat(list(trials), T), "label": np.repeat(labels, T)}
    return pd.DataFrame(
        {**columns, "x": INPUTS[..., 0].ravel(), "y": INPUTS[..., 1].ravel(), **further}
    )


PLAIN = table().to_csv(index=False)
LINES = PLAIN.splitlines(keepends=True)
SEMICOLONS = table().to_csv(index=False, sep=";", decimal=",")
FORMS = {
    "blank-at-end": PLAIN + "\n\n",
    "blank-between": "".join([*LINES[: T + 1], "\n", *LINES[T + 1 :]]),
    "blank-cells": "".join([*LINES[: T + 1], ",,,\n", "  \n", *LINES[T + 1 :], ",,,\n"]),
    "blank-above": "\n\n" + PLAIN,
    "comment-above": "# 2 sensors\n" + PLAIN,
    "header-as-comment": "# " + PLAIN,
    "semicolons": SEMICOLONS,
    "semicolons-and-points": table().to_csv(index=False, sep=";"),
    "told-separator": "sep=;\n" + SEMICOLONS,
    "tabs": table().to_csv(index=False, sep="\t"),
    "tabs-and-commas": table().to_csv(index=False, sep="\t", decimal=","),
    "windows": PLAIN.replace("\n", "\r\n"),
    "old-mac": PLAIN.replace("\n", "\r"),
    "quoted": table().to_csv(index=False, quoting=1),
    "blanks-around-cells": PLAIN.replace(",", " , "),
    "minus-sign": PLAIN.replace("-", "\N{MINUS SIGN}"),
    "capitals": PLAIN.replace("trial,label", "Trial,LABEL"),
    "separator-at-end": PLAIN.replace("\n", ",\n"),
    "index": table().to_csv(),
    "index-of-index": table().to_csv().replace(",trial", "Unnamed: 0,trial", 1),
    "shuffled-index": table().set_index(RNG.permutation(M * T)).to_csv(),
    "row-names": table().set_index(np.array([f"r{k}" for k in range(M * T)])).to_csv(),
    "names-for-trials": table(trials=[f"t{k:02d}" for k in range(M)]).to_csv(index=False),
    "floats-for-trials": table(trials=np.arange(M) + 0.5).to_csv(index=False),
    "floats-for-labels": table(LABELS + 0.0).to_csv(index=False),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_everyday_forms_of_a_table_are_read(text, tmp_path):
    path = tmp_path / "form.csv"
    path.write_bytes(text.encode())
    read = read_trials(str(path))
    np.testing.assert_array_equal(read.inputs, INPUTS)
    np.testing.assert_array_equal(read.labels, LABELS)
    assert (read.channel_names, read.class_names) == (("x", "y"), ("0", "1"))


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
def test_encodings_are_told_from_their_marks_and_bytes(encoding, tmp_path):
    path = tmp_path / "form.CSV"
    path.write_bytes(PLAIN.replace("x,", "Kräfte [µN],").encode(encoding))
    read = read_trials(str(path))
    np.testing.assert_array_equal(read.inputs, INPUTS)
    assert read.channel_names == ("Kräfte [µN]", "y")


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (LABELS + 1, ("1", "2")),
        (LABELS + 1.0, ("1", "2")),
        (2 * LABELS - 1, ("-1", "1")),
        (LABELS == 1, ("False", "True")),
        (np.where(LABELS, "right", "left"), ("left", "right")),
        (np.where(LABELS, "größer", "None"), ("None", "größer")),
        (7 * LABELS + 3, ("3", "10")),
    ],
    ids=["one", "float", "signed", "bool", "words", "none", "codes"],
)
def test_labels_of_any_kind_are_numbered_and_their_names_kept(labels, names, tmp_path):
    table(labels).to_csv(tmp_path / "a.csv", index=False)
    np.savez(tmp_path / "a.npz", inputs=INPUTS, labels=labels)
    with (tmp_path / "column.NPZ").open("wb") as file:
        np.savez(file, Inputs=INPUTS, Labels=labels[:, None])
    for file in ("a.csv", "a.npz", "column.NPZ"):
        read = read_trials(str(tmp_path / file))
        np.testing.assert_array_equal(read.labels, LABELS)
        assert read.class_names == names


def test_labels_of_bytes_are_words():
    numbers, names = number_classes(np.array([b"up", b"down", b"up"]))
    assert (numbers.tolist(), names) == ([1, 0, 1], ("down", "up"))


@pytest.mark.parametrize("missing", ["", "nan", "NaN", "NA", "N/A", "null", "None", " "])
def test_a_missing_channel_may_be_written_in_many_ways(missing, tmp_path):
    frame = table()
    frame.loc[frame.trial == 2, "x"] = np.nan
    frame.to_csv(tmp_path / "a.csv", index=False, na_rep=missing)
    expected = INPUTS.copy()
    expected[2, :, 0] = np.nan
    np.testing.assert_array_equal(read_trials(str(tmp_path / "a.csv")).inputs, expected)


@pytest.mark.parametrize(
    "write", [str, str.upper, lambda word: str(int(word == "True"))], ids=["True", "TRUE", "1"]
)
def test_rasters_are_read_as_0_and_1(write, tmp_path):
    raster = RNG.random((M, T, 2)) < 0.3
    x, y = ([write(str(value)) for value in raster[..., c].ravel()] for c in range(2))
    table().assign(x=x, y=y).to_csv(tmp_path / "a.csv", index=False)
    np.savez(tmp_path / "a.npz", inputs=raster, labels=LABELS)
    for file in ("a.csv", "a.npz"):
        np.testing.assert_array_equal(read_trials(str(tmp_path / file)).inputs, raster)


def shorter(values):
    """The same with an end after 6, 5, 4, 6, … samples."""
    beyond = np.arange(T) >= T - np.arange(M)[:, None] % 3
    return np.where(beyond[..., None], np.nan, values)


def test_trials_of_unequal_length_are_filled_up(tmp_path):
    inputs, frame = shorter(INPUTS), table()
    frame["target"] = INPUTS.sum(-1).ravel()
    frame = frame.drop(columns="label")[~np.isnan(inputs[..., 0].ravel())]
    frame.to_csv(tmp_path / "a.csv", index=False)
    np.savez(tmp_path / "a.npz", inputs=inputs, targets=inputs.sum(-1, keepdims=True))
    np.savez(tmp_path / "labels.npz", inputs=inputs, labels=LABELS)
    for file in ("a.csv", "a.npz", "labels.npz"):
        read = read_trials(str(tmp_path / file))
        np.testing.assert_array_equal(read.inputs, inputs)
        assert read.lengths.tolist() == [6, 5, 4, 6, 5, 4, 6, 5]


def test_a_target_must_not_end_before_the_inputs_nor_the_other_way(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, inputs=INPUTS, targets=shorter(INPUTS))
    with pytest.raises(ValueError, match="`targets` must be finite: sample 5 of trial 1"):
        read_trials(str(path))
    np.savez(path, inputs=shorter(INPUTS), targets=INPUTS)
    with pytest.raises(ValueError, match=r"channel `0` .* sample 5 of trial 1 has none"):
        read_trials(str(path))


def test_one_trial_that_is_far_too_long_does_not_fill_the_memory(tmp_path):
    trials = np.r_[np.zeros(20_000, int), np.arange(1, 10_000)]
    frame = pd.DataFrame({"trial": trials, "label": trials % 2, "x": RNG.normal(size=len(trials))})
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ValueError, match="trial 0 has 20,000 rows, 3 are the mean"):
        read_trials(str(tmp_path / "a.csv"))


def test_a_clock_is_no_channel_unless_it_is_named(tmp_path):
    path = tmp_path / "a.csv"
    table(time=np.arange(M * T) / 100).to_csv(path, index=False)
    with pytest.raises(ValueError, match=r"in `.*a.csv`, `time` .*task\.channels=\[x, y\]\."):
        read_trials(str(path))
    assert read_trials(str(path), ("y", "x")).channel_names == ("y", "x")
    np.testing.assert_array_equal(read_trials(str(path), ("y",)).inputs, INPUTS[..., 1:])
    assert read_trials(str(path), ("time", "x")).channel_names == ("time", "x")
    for channels, reason in ((("z",), "`z` is not there"), (("x", "x"), "`x` is named twice")):
        with pytest.raises(ValueError, match=f"{reason}. There are x, y, time"):
            read_trials(str(path), channels)


def test_columns_that_are_no_channels_may_hold_anything(tmp_path):
    path = tmp_path / "a.csv"
    table(when=[f"12:00:{k:02d}" for k in range(M * T)]).to_csv(path, index=False)
    with pytest.raises(ValueError, match="line 2 must have a finite number in column `when`"):
        read_trials(str(path))
    np.testing.assert_array_equal(read_trials(str(path), ("x", "y")).inputs, INPUTS)


def test_channels_of_arrays_have_the_names_that_the_file_gives(tmp_path):
    path, clock = tmp_path / "a.npz", np.arange(M * T).reshape(M, T, 1)
    inputs = np.concatenate([INPUTS, clock], axis=2)
    np.savez(path, inputs=inputs, labels=LABELS, channels=np.array(["x", "y: N", "t"]))
    with pytest.raises(ValueError, match=r"`t` must be .*task\.channels=\[x, 'y: N'\]"):
        read_trials(str(path))
    assert read_trials(str(path), ("y: N",)).channel_names == ("y: N",)
    np.savez(path, inputs=inputs, labels=LABELS)
    with pytest.raises(ValueError, match="`2` must be measured"):
        read_trials(str(path))
    np.testing.assert_array_equal(read_trials(str(path), ("1", "0")).inputs, INPUTS[..., ::-1])


def test_a_line_is_named_as_an_editor_counts_it(tmp_path):
    path = tmp_path / "a.csv"
    words = np.where(LABELS, '"to the\nright"', "left")
    rows = [f"{words[m]},{m},{INPUTS[m, t, 0]}\n" for m in range(M) for t in range(T)]
    rows[2 * T] = "left,2,inf\n"
    path.write_text("# sensors\n\nlabel,trial,x\n" + "".join([*rows[:T], "\n", *rows[T:]]))
    line = 1 + path.read_text().split("\n").index("left,2,inf")
    with pytest.raises(ValueError, match=f"line {line} has inf"):
        read_trials(str(path))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"\0\1\2",
        b"PK\3\4\0\0\0\0",
        b"trial,label\xff\xfe",
        b'trial,x\n0,"1',
        b"\xff\xfe\0",
    ]
    + [PLAIN.encode()[:cut] for cut in (3, 12, 20, 33)],
)
@pytest.mark.parametrize("ending", ["csv", "npz"])
def test_damaged_files_are_refused_in_one_line(data, ending, tmp_path):
    path = tmp_path / f"a.{ending}"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="`data` must hold trials: in ") as caught:
        read_trials(str(path))
    assert "\n" not in str(caught.value)


def test_an_archive_that_says_more_than_it_holds_is_refused(tmp_path):
    head = BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (10_000, 100_000, 1)}
    np.lib.format.write_array_header_1_0(head, shape)
    with ZipFile(tmp_path / "a.npz", "w", ZIP_DEFLATED) as archive:
        archive.writestr("inputs.npy", head.getvalue() + bytes(1000))
    with pytest.raises(
        ValueError, match="`inputs` must be whole: its head says 8,000,000,000 bytes"
    ):
        read_trials(str(tmp_path / "a.npz"))
    np.save(tmp_path / "a.npy", INPUTS)
    (tmp_path / "a.npy").rename(tmp_path / "b.npz")
    with pytest.raises(ValueError, match="nothing can be read"):
        read_trials(str(tmp_path / "b.npz"))
