"""What is asked for is read, and refused in one line where a network or task does not have it."""

import numpy as np
import pytest
from spikemodes.experiments.perturb.plan import (
    Extreme,
    Listed,
    Plan,
    answered_in,
    parse_amplitudes,
    parse_cells,
)
from spikemodes.experiments.tasks import SelectiveIntegration


def test_cells_are_named_or_chosen_by_what_driving_them_would_do():
    effect = np.array([0.1, -0.5, 0.4, 0.0])
    assert parse_cells("0,3, 2").of(effect) == (0, 3, 2)
    assert parse_cells("top:2").of(effect) == (2, 0)
    assert parse_cells("bottom:1").of(effect) == (1,)


@pytest.mark.parametrize("text", ["", "a", "top", "top:", "most:3", "0,,1"])
def test_other_words_for_cells_are_refused(text):
    with pytest.raises(ValueError, match="`--cells` must be indices such as 0,3,5, or top:20"):
        parse_cells(text)


def test_amplitudes_come_in_order_with_zero_among_them():
    plan = Plan(Extreme(3), "stimulus", parse_amplitudes("0.2,-0.1"))
    assert plan.doses(5.0) == (-0.1, 0.0, 0.2)
    default = Plan(Extreme(3), "stimulus").doses(2.0)
    assert len(default) == 9
    assert default[0] == -default[-1] == pytest.approx(-0.4)


@pytest.mark.parametrize("text", ["x", "nan", "0.1,inf", "0"])
def test_amplitudes_are_finite_numbers(text):
    with pytest.raises(ValueError, match="`--amplitude` must be finite numbers other than 0"):
        parse_amplitudes(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"cells": Listed((0, 8))},
            "`--cells` must be cells of .*, from 0 to 7, .* got 8",
        ),
        ({"cells": Listed((2, 2))}, "each once: got 2 twice"),
        ({"cells": Extreme(9)}, "`--cells` must ask for 1 to 8 cells"),
        ({"epoch": "delay"}, "`--epoch` must be .* blank, stimulus, response: got delay"),
        ({"mode": 2}, "`--kick` must be a mode of the network, from 1 to 2: got 3"),
    ],
)
def test_what_a_network_or_its_task_does_not_have_is_refused(change, message, draw_network):
    plan = Plan(**({"cells": Extreme(3), "epoch": "stimulus"} | change))
    with pytest.raises(ValueError, match=message):
        plan.require(draw_network(), SelectiveIntegration())


def test_all_modes_are_kicked_or_the_one_that_is_named(draw_network):
    assert list(Plan(Extreme(1), "stimulus").kicked(draw_network())) == [0, 1]
    assert Plan(Extreme(1), "stimulus", mode=1).kicked(draw_network()) == [1]


def test_the_answer_is_read_in_the_response_or_in_the_last_epoch():
    assert answered_in({"cue": range(5), "response": range(5, 9), "end": range(9, 10)}) == range(
        5, 9
    )
    assert answered_in({"cue": range(5), "go": range(5, 9)}) == range(5, 9)
