"""What an update did, as files keep it."""

from dataclasses import asdict

from spikemodes.learning import Update

UPDATE = Update(1, 0.5, None, None, 20.0, 1.0, 1e-2, 3.0, {"e-prop": {"xi_out": 0.9}})


def test_a_row_is_read_as_it_was_written():
    assert Update.of(asdict(UPDATE)) == UPDATE


def test_a_row_of_an_older_version_is_read_without_what_it_had_besides():
    row = {**asdict(UPDATE), "cosine": 0.99}
    del row["cosines"]
    found = Update.of(row)
    assert (found.step, found.loss, found.cosines) == (1, 0.5, None)
