import json
import os

import numpy as np
import pytest
from spikemodes.experiments.watch.reading import Mark, last_row, open_below, rows_since


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def since(path, mark=Mark()):  # noqa: B008
    return rows_since(path.parent, path, ("step", "loss"), mark)


@pytest.fixture
def path(tmp_path):
    return tmp_path.resolve() / "metrics.jsonl"


def test_only_what_is_new_is_read_and_a_half_line_when_it_is_whole(path):
    path.write_text(lines({"step": 1, "loss": 2.0}) + '{"step": 2, "lo')
    first = since(path)
    assert first.anew
    assert first.columns == {"step": [1], "loss": [2.0]}
    assert since(path, first.mark).columns["step"] == []
    with path.open("a") as file:
        file.write('ss": 1.0}\n')
    second = since(path, first.mark)
    assert not second.anew
    assert second.columns == {"step": [2], "loss": [1.0]}


@pytest.mark.parametrize("replaced", [True, False])
def test_a_file_that_is_replaced_or_cut_short_is_read_anew(path, replaced):
    path.write_text(lines(*({"step": k, "loss": 1.0} for k in range(1, 9))))
    mark = since(path).mark
    other = path.with_name("other")
    (other if replaced else path).write_text(lines({"step": 1, "loss": 3.0}))
    if replaced:
        os.replace(other, path)
    again = since(path, mark)
    assert again.anew
    assert again.columns == {"step": [1], "loss": [3.0]}


def test_a_file_that_is_gone_empties_what_was_read(path):
    path.write_text(lines({"step": 1}))
    mark = since(path).mark
    path.unlink()
    gone = since(path, mark)
    assert (gone.anew, gone.columns, gone.mark) == (True, {"step": [], "loss": []}, Mark())
    assert not since(path, gone.mark).anew


def test_rows_that_are_none_and_numbers_that_are_not_finite_are_left_out(path):
    path.write_text('nonsense\n[1]\n\n{"step": 3, "loss": NaN}\n{"step": true, "loss": "x"}\n')
    assert since(path).columns == {"step": [3, None], "loss": [None, None]}
    assert last_row(path.parent, path) == {"step": True, "loss": "x"}
    path.write_text(lines({"step": 4}) + "nonsense\n" + '{"step": 5')
    assert last_row(path.parent, path) == {"step": 4}
    assert last_row(path.parent, path.with_name("none")) == {}


def test_the_last_row_is_found_at_the_end_of_a_long_file(path):
    path.write_text(lines(*({"step": k, "rest": "x" * 100} for k in range(5000))))
    assert last_row(path.parent, path)["step"] == 4999


@pytest.mark.parametrize("text", ["", "x", "1", "1-", "-1-2", "²-1", "1-2-3", "9" * 60 + "-1"])
def test_a_mark_of_something_else_is_the_beginning(text):
    assert Mark.parse(text) == Mark()
    assert Mark.parse(str(Mark(3, 7))) == Mark(3, 7)


def test_a_link_that_leads_elsewhere_is_not_followed(tmp_path, path):
    folder = tmp_path.resolve() / "runs"
    folder.mkdir()
    path.write_text(lines({"step": 1}))
    link = folder / "metrics.jsonl"
    link.symlink_to(path)
    with pytest.raises(PermissionError, match="leads elsewhere"):
        open_below(folder, link)
    assert last_row(folder, link) == {}
    assert rows_since(folder, link, ("step",), Mark()).columns == {"step": []}
    np.testing.assert_equal(last_row(path.parent, link), {"step": 1})
