"""Tangling: the circle in closed form, the figure of eight that crosses itself."""

import numpy as np
import pytest
from spikemodes.analysis import tangling

T = np.arange(400) / 400
ANGLE = 2 * np.pi * T
CIRCLE = np.column_stack([np.cos(ANGLE), np.sin(ANGLE)])[:, None]
EIGHT = np.column_stack([np.sin(ANGLE), np.sin(2 * ANGLE)])[:, None]


def test_a_circle_has_the_tangling_of_its_speed():
    """|ẋ − ẋ'| = ω |x − x'| everywhere, largest at opposite points; the variance is 1."""
    omega = 2 * np.pi / 2.0
    q = tangling(CIRCLE, dt=2.0 / 400)
    np.testing.assert_allclose(q, omega**2 * 4 / 4.1, rtol=0.01)


def test_a_figure_of_eight_is_tangled_where_it_crosses():
    circle, eight = (tangling(x, dt=1 / 400)[:, 0] for x in (CIRCLE, EIGHT))
    crossing = np.isin(np.arange(400), [0, 1, 2, 199, 200, 201])
    assert eight[crossing].min() == pytest.approx((2 * np.pi) ** 2 * 4 / 0.1, rel=0.1)
    assert eight.max() > 8 * circle.max()
    assert np.flatnonzero(crossing).tolist().count(int(eight.argmax())) == 1


def test_tangling_depends_neither_on_scale_nor_on_place_nor_on_the_axes():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(2, 2)))[0]
    moved = 7 * EIGHT @ turn + 3
    np.testing.assert_allclose(tangling(moved, dt=0.01), tangling(EIGHT, dt=0.01))


def test_states_of_other_conditions_count():
    there, back = np.linspace(0, 1, 50)[:, None], np.linspace(1, 0, 50)[:, None]
    alone = tangling(there[:, None], dt=0.01)
    both = tangling(np.stack([there, back], axis=1), dt=0.01)
    assert alone.max() < 1e-6
    assert both.min() > 1


def test_rest_is_not_tangled_and_bad_input_is_refused():
    np.testing.assert_array_equal(tangling(np.ones((5, 2, 3)), dt=0.01), 0)
    with pytest.raises(ValueError, match="two steps or more: got 1"):
        tangling(np.ones((1, 2, 3)), dt=0.01)
    with pytest.raises(ValueError, match="`dt` and `softening` must be positive"):
        tangling(np.ones((5, 2, 3)), dt=0.0)
