import numpy as np
from spikemodes.analysis import box_around, grid, interpolated, sheet, slowest

BOX = np.array([[-1.0, -2, 0], [1, 2, 3]])


def test_a_box_holds_all_states_and_a_margin():
    box = box_around(np.array([[0.0, 1, 5], [2, 3, 5]]), margin=0.25)
    np.testing.assert_allclose(box, [[-0.5, 0.5, 4.9], [2.5, 3.5, 5.1]])
    assert (np.diff(box_around(np.ones((1, 2))), axis=0) > 0).all()


def test_a_grid_holds_the_axes_that_it_does_not_run_along():
    points = grid(BOX, (3, 2), (0, 2), np.array([9.0, 8, 7]))
    np.testing.assert_allclose(points[:, 1], 8)
    np.testing.assert_allclose(points[:, 0], [-1, -1, 0, 0, 1, 1])
    np.testing.assert_allclose(points[:, 2], [0, 3] * 3)


def test_what_is_linear_is_interpolated_exactly_and_held_outside():
    rng = np.random.default_rng(0)
    slopes, points = rng.normal(size=(3, 3)), grid(BOX, (3, 4, 5), (0, 1, 2), np.zeros(3))
    between = interpolated(points, points @ slopes, (3, 4, 5))
    inside = rng.uniform(BOX[0], BOX[1], (20, 3))
    np.testing.assert_allclose(between(inside), inside @ slopes)
    np.testing.assert_allclose(between(np.array([[5.0, 0, 1]])), [[1.0, 0, 1]] @ slopes)


def test_a_sheet_goes_through_three_anchors_and_stays_level_across_two():
    anchors = np.array([[0.0, 0, 1], [1, 0, 2], [0, 1, 0.5]])
    points = sheet(BOX, 5, (0, 1), anchors)
    expected = 1 + points[:, 0] - 0.5 * points[:, 1]
    np.testing.assert_allclose(points[:, 2], expected, atol=1e-12)
    two = sheet(BOX, 5, (0, 1), anchors[:2])
    np.testing.assert_allclose(two[:, 2], 1 + two[:, 0], atol=1e-12)


def test_the_slowest_states_are_chosen_apart_from_each_other():
    points = np.linspace(0, 10, 101)[:, None]
    first = np.array([[3.0]])
    chosen = slowest(points, points - 5.01, 4, 1.0, first)
    assert chosen[0, 0] == 3
    assert chosen[1, 0] == 5
    assert (np.diff(np.sort(chosen[1:, 0])) >= 1 - 1e-9).all()
    assert len(slowest(points, points, 50, 4.0, first[:0])) == 3
