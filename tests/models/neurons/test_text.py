import pytest
from spikemodes.models.neurons.text import brian_text, equation_text

GOOD = "dv/dt = (drive - v)/tau : volt (unless refractory)\n# a comment, 2^3\nw : 1"


def test_text_that_brian2_can_read_stays_as_it_is():
    assert equation_text(GOOD) == GOOD
    assert equation_text("") == equation_text(None) == ""
    long = "dv/dt = (a +\n         b)/tau : 1"
    assert equation_text(long) == long


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("dv/dt = -v/tau", "with its unit"),
        ("v = 3", "with its unit"),
        ("dv/dt = -v/tau 3 : 1", "Brian2 says: invalid syntax."),
        ("dv/dt = -(v/tau : 1", "Brian2 says: '.' was never closed."),
        ("dv/dt = -v/tau : furlong", "'furlong', but this is not a base unit."),
        ("dv/dt = -v/tau : mV", "Use 'volt' instead."),
        ("dv/dt = -v^2/tau : 1", r"Write x\*\*2 for x\^2"),
    ],
)
def test_the_line_that_cannot_be_read_is_named(line, fix):
    for before in ("", "dw/dt = -w/ms : 1\n"):
        with pytest.raises(ValueError, match=f"`equations` must.*{fix}") as error:
            equation_text(before + line)
        assert repr(line) in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("given", [3, ["v : 1"], {"v": 1}, b"v : 1"])
def test_what_is_no_text_is_refused(given):
    with pytest.raises(ValueError, match="`reset` must be text in Brian2's language"):
        brian_text(given, "reset")


def test_a_threshold_is_not_empty():
    for given in (None, "", " "):
        with pytest.raises(ValueError, match="`threshold` must be text"):
            brian_text(given, "threshold", empty=False)
