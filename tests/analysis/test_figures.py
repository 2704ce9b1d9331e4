"""Figures: they show the data, in the theme's colours alone, with units, in every size of data."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from spikemodes.analysis import (
    AREAS,
    Repeats,
    distributions,
    fit_power_law,
    grid,
    psychometric_curve,
)
from spikemodes.analysis.figures import (
    DARK,
    LIGHT,
    Contender,
    Epoch,
    Flow,
    Trace,
    draw_alignments,
    draw_branches,
    draw_class_accuracy,
    draw_comparison,
    draw_confusion,
    draw_courses,
    draw_cycle,
    draw_decoding,
    draw_dimensions,
    draw_end_states,
    draw_examples,
    draw_flow,
    draw_importance,
    draw_kernels,
    draw_mode_space,
    draw_neurons,
    draw_outputs,
    draw_overlaps,
    draw_psychometric,
    draw_rank_curves,
    draw_raster,
    draw_response,
    draw_spike_statistics,
    draw_tangling,
    draw_training_curve,
    draw_weights,
)

RNG = np.random.default_rng(0)
TIMES = np.linspace(0.01, 0.09, 5)
BOX = np.array([[-1.0, -1, -1], [1, 1, 1]])
EPOCHS = (Epoch("stimulus", 0.02, 0.06), Epoch("response", 0.06, 0.1))
SPIKES = np.argwhere(RNG.random((50, 2, 20)) < 0.05)
PATHS = {name: RNG.normal(size=(50, 3)) for name in ("left", "right")}
OFFSET = RNG.choice([-0.5, 0.0, 0.5], 90)
CHOICE = np.sign(OFFSET + RNG.normal(size=90))
LABELS = RNG.integers(10, size=400)
ANSWERS = np.where(RNG.random(400) < 0.9, LABELS, RNG.integers(10, size=400))
UNTRAINED = 1 + np.abs(RNG.normal(size=(200, 20)))
TWO_LAWS = fit_power_law(np.minimum(1.0, (np.arange(1, 21) / 8.0) ** -2.0), UNTRAINED)
HALF_NORMAL = fit_power_law(UNTRAINED[0], UNTRAINED)
FEW = fit_power_law(np.array([1.0, 3.0]), np.ones((0, 2)))
SPIKING, SILENT = (
    distributions(
        Repeats.of_trials(spikes, n_repeats=2, n_trials=2, n_steps=50, n_neurons=20, dt=0.002)
    )
    for spikes in (SPIKES, SPIKES[:0])
)
COURSE = np.array([[500, 1000, 4000], [1, 2, 9], [-3, 0.5, 0.9]], float)
CONTENDERS = {
    "one": Contender(np.array([0.9, 0.95, 0.8, 0.9, 0.99]), 0.84, 0.96, np.ones((2, 5)), COURSE),
    "alone": Contender(np.array([-40.0]), -40.0, -40.0, np.ones((2, 1)), np.zeros((3, 0))),
}


def flow_of(n_modes, axes=(0, 1), n=7):
    """The flow of three states along the first mode, -1, 1 and 0, on a grid over some modes."""
    points = grid(2 * BOX[:, :n_modes], [n] * len(axes), axes, np.zeros(n_modes))
    flow = -points.copy()
    flow[:, 0] += 2 * np.tanh(points[:, 0])
    fixed = np.zeros((3, n_modes))
    fixed[:2, 0] = -1, 1
    return Flow(points, flow, fixed, np.array([True, True, False]), {"left": fixed[0]})


STILL = Flow(flow_of(2).points, np.zeros((49, 2)), np.zeros((0, 2)), np.zeros(0, bool))

DRAWINGS = {
    "flow": lambda t: draw_flow(
        t, {c: {pair: flow_of(3, pair) for pair in ((0, 1), (1, 2))} for c in ("$a", "b")}, ["left"]
    ),
    "flow of two modes": lambda t: draw_flow(t, {"a": {(0, 1): flow_of(2)}}, ["left"]),
    "no flow": lambda t: draw_flow(t, {"a": {(0, 1): STILL}}),
    "response": lambda t: draw_response(t, {c: flow_of(1, (0,)) for c in "ab"}, ["left"]),
    "comparison": lambda t: draw_comparison(t, CONTENDERS, control="alone"),
    "comparison without control": lambda t: draw_comparison(t, CONTENDERS),
    "courses": lambda t: draw_courses(t, CONTENDERS, by_time=True, control="alone"),
    "courses of many": lambda t: draw_courses(
        t, {f"method {k}": CONTENDERS["one"] for k in range(11)}, by_time=False
    ),
    "training": lambda t: draw_training_curve(
        t, np.arange(9), np.linspace(1, 0.1, 9), {"accuracy": np.linspace(0.4, 1, 9)}
    ),
    "training without accuracy": lambda t: draw_training_curve(t, np.arange(1), np.ones(1)),
    "kernels": lambda t: draw_kernels(
        t, np.arange(3) / 20, {"attended stream": (np.ones(3), np.zeros(3), 2 * np.ones(3))}
    ),
    "kernels and ideal": lambda t: draw_kernels(
        t, np.arange(3) / 20, {"ignored": (np.ones(3), np.zeros(3), np.ones(3))}, np.ones(3)
    ),
    "raster": lambda t: draw_raster(t, SPIKES, 1, 20, 50, 0.002, EPOCHS, RNG.permutation(20)),
    "silent raster": lambda t: draw_raster(t, SPIKES[:0], 0, 20, 50, 0.002),
    "outputs": lambda t: draw_outputs(
        t, RNG.normal(size=(50, 6)), np.ones((50, 6)), np.arange(6) % 2, 0.002, EPOCHS
    ),
    "psychometric": lambda t: draw_psychometric(
        t,
        {
            "attended": psychometric_curve(OFFSET, CHOICE),
            "separated": psychometric_curve(OFFSET, np.sign(OFFSET)),
            "one level": psychometric_curve(0 * OFFSET, CHOICE),
        },
    ),
    "confusion": lambda t: draw_confusion(t, LABELS, ANSWERS, 10),
    "confusion of words": lambda t: draw_confusion(
        t, LABELS % 2, ANSWERS % 2, 2, ["$a", "b$" * 30]
    ),
    "accuracy of words": lambda t: draw_class_accuracy(t, LABELS % 2, ANSWERS % 2, 2, ["$a", "b$"]),
    "confusion of many": lambda t: draw_confusion(t, LABELS, ANSWERS, 30),
    "class accuracy": lambda t: draw_class_accuracy(t, LABELS, ANSWERS, 10),
    "examples": lambda t: draw_examples(
        t, RNG.random((8, 5, 4)), np.eye(10)[ANSWERS[:8]], LABELS[:8]
    ),
    "one class": lambda t: draw_class_accuracy(t, 0 * LABELS, 0 * LABELS, 2),
    "mode space": lambda t: draw_mode_space(t, PATHS, PATHS),
    "mode plane": lambda t: draw_mode_space(t, {"a": np.eye(2)}, {"a": np.eye(2)}),
    "single mode": lambda t: draw_mode_space(t, {"a": np.ones((2, 1))}, {"a": np.ones((2, 1))}),
    "importance": lambda t: draw_importance(t, TWO_LAWS),
    "importance of few": lambda t: draw_importance(t, FEW),
    "importance of an untrained network": lambda t: draw_importance(t, HALF_NORMAL),
    "rank curves": lambda t: draw_rank_curves(t, {"seed 0": TWO_LAWS, "seed 1": HALF_NORMAL}),
    "weights": lambda t: draw_weights(t, np.ones((9, 2)), np.ones(2), RNG.normal(size=(9, 2))),
    "large weights": lambda t: draw_weights(
        t, RNG.normal(size=(500, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=(500, 3))
    ),
    "no weights": lambda t: draw_weights(t, np.zeros((4, 1)), np.zeros(1), np.zeros((4, 1))),
    "branches": lambda t: draw_branches(
        t, np.arange(4.0), np.ones((4, 2)), np.arange(2, 5.0), np.arange(3.0)
    ),
    "branches of rest": lambda t: draw_branches(
        t, np.ones(1), np.zeros((1, 1)), np.ones(1), np.zeros(1)
    ),
    "cycle": lambda t: draw_cycle(t, np.arange(9.0), RNG.normal(size=(9, 2))),
    "dimensions": lambda t: draw_dimensions(
        t, {"trials": np.array([0.7, 0.2]), "means": np.array([np.nan])}, {"trials": 2, "means": 0}
    ),
    "alignments": lambda t: draw_alignments(
        t, np.array([[1, 0.2, np.nan]]), ["W_in 1", "xi_in 1", "global"]
    ),
    "alignments of many": lambda t: draw_alignments(
        t, RNG.random((3, 40)), [f"W_in {i}" for i in range(40)]
    ),
    "overlaps": lambda t: draw_overlaps(
        t, np.eye(3), np.array([1 + 1j, 1 - 1j, -1]), ("rotation", "rotation", "line")
    ),
    "no overlaps": lambda t: draw_overlaps(t, np.zeros((20, 20)), np.zeros(20) + 0j, ["line"] * 20),
    "end states": lambda t: draw_end_states(
        t,
        {name: path[:, :2] for name, path in PATHS.items()},
        RNG.normal(size=(6, 2)),
        np.arange(6) % 2,
        ("choice axis", "context axis"),
    ),
    "decoding": lambda t: draw_decoding(
        t, {"choice": np.eye(5), "$a": np.eye(5)}, {"choice": RNG.random((9, 5))}, TIMES, EPOCHS
    ),
    "decoding at one time": lambda t: draw_decoding(t, {"a": np.ones((1, 1))}, {}, TIMES[:1]),
    "tangling": lambda t: draw_tangling(
        t, {"activity": RNG.random((5, 2)), "outputs": np.zeros((5, 2))}, TIMES, EPOCHS
    ),
    "neurons": lambda t: draw_neurons(
        t,
        [Trace("v [mV]", "v", RNG.random((50, 2))), Trace("u", "u", RNG.random((50, 2)))],
        np.ones((50, 2), bool),
        (3, 7),
        0.002,
        np.ones((50, 2)),
        EPOCHS,
    ),
    "spike statistics": lambda t: draw_spike_statistics(t, SPIKING, AREAS["macaque-prefrontal"]),
    "silent statistics": lambda t: draw_spike_statistics(t, SILENT, None),
    "one resting neuron": lambda t: draw_neurons(
        t, [Trace("v", "v", np.zeros((50, 1)))], np.zeros((50, 1), bool), (3,), 0.002
    ),
}


def svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    return buffer.getvalue()


@pytest.mark.parametrize("name", DRAWINGS)
def test_dark_figures_hold_no_black_and_leave_global_settings_alone(name):
    before = dict(mpl.rcParams)
    text = svg(DRAWINGS[name](DARK))
    assert dict(mpl.rcParams) == before
    assert "#000000" not in text
    assert DARK.text in text
    assert LIGHT.text not in text


def labels(figure):
    return {axes.get_xlabel() for axes in figure.axes} | {axes.get_ylabel() for axes in figure.axes}


def test_axes_name_their_units():
    assert {"time [ms]", "rate [Hz]"} <= labels(DRAWINGS["raster"](LIGHT))
    assert {"update", "loss", "share"} <= labels(DRAWINGS["training"](LIGHT))
    assert {"time [ms]"} <= labels(DRAWINGS["outputs"](LIGHT))


def test_raster_shows_each_spike_of_the_trial_at_its_place():
    order = RNG.permutation(20)
    line = draw_raster(LIGHT, SPIKES, 1, 20, 50, 0.002, order=order).axes[0].lines[0]
    x, y = np.array(line.get_xydata()).reshape(-1, 3, 2)[:, :2].mean(axis=1).T
    steps, neurons = np.rint(x / 2 - 1).astype(int), order[np.rint(y).astype(int)]
    shown = SPIKES[SPIKES[:, 1] == 1]
    np.testing.assert_array_equal(np.column_stack([steps, neurons]), shown[:, [0, 2]])


def test_fixed_points_are_filled_where_they_are_stable():
    panels = [*DRAWINGS["flow"](LIGHT).axes, *DRAWINGS["response"](LIGHT).axes]
    assert len(panels) == 6
    for panel in panels:
        points = [line for line in panel.lines if line.get_marker() == "o"]
        fills = [line.get_markerfacecolor() for line in points]
        assert fills == [LIGHT.text, LIGHT.text, LIGHT.surface]
        (end,) = (line for line in panel.lines if line.get_marker() == "X")
        assert end.get_color() == LIGHT.palette[0]


def test_nullclines_are_where_one_mode_stands_still():
    panel = DRAWINGS["flow of two modes"](LIGHT).axes[0]
    along, across = (c for c in panel.collections if "Contour" in type(c).__name__)
    x = np.concatenate([np.asarray(path.vertices)[:, 0] for path in along.get_paths()])
    states = np.array([-1.915, 0, 1.915])  # of κ = 2 tanh κ
    assert np.abs(x[:, None] - states).min(axis=1).max() < 0.1
    assert np.abs(np.asarray(across.get_paths()[0].vertices)[:, 1]).max() < 1e-9


def test_a_condition_has_one_colour_in_all_panels():
    figure = DRAWINGS["mode space"](LIGHT)
    colours = [[line.get_color() for line in axes.lines] for axes in figure.axes]
    assert len(figure.axes) == 6
    assert all(panel == colours[0] for panel in colours)
    assert len(set(colours[0])) == 2


def test_decoding_marks_where_epochs_begin_and_names_those_with_room():
    figure = DRAWINGS["decoding"](LIGHT)
    matrix, course = figure.axes[0], figure.axes[2]
    along = [np.asarray(line.get_xdata()) for line in matrix.lines]
    marks = [x[0] for x in along if np.ptp(x) == 0]
    assert marks == [pytest.approx(20), pytest.approx(60)]
    assert [text.get_text() for text in matrix.texts] == ["stimulus", "response"]
    assert {"trained at [ms]", "tested at [ms]", "accuracy"} <= labels(figure)
    np.testing.assert_array_equal(course.lines[0].get_ydata(), np.ones(5))


def test_alignments_are_written_where_there_is_room():
    texts = [text.get_text() for text in DRAWINGS["alignments"](LIGHT).axes[0].texts]
    assert texts == ["1.00", "0.20"]
    assert not DRAWINGS["alignments of many"](LIGHT).axes[0].texts


def test_breaks_and_exponents_are_written_into_the_plot():
    texts = [text.get_text() for text in draw_importance(LIGHT, TWO_LAWS).axes[0].texts]
    assert "break at rank 8" in texts
    assert "exponent −2.00" in texts


def test_weights_are_sorted_and_symmetric_in_colour():
    u = RNG.normal(size=(30, 1))
    image = draw_weights(LIGHT, u, np.array([2.0]), u).axes[2].images[0]
    shown = np.asarray(image.get_array())
    assert (np.diff(shown, axis=0)[:, -1] >= 0).all() or (np.diff(shown, axis=0)[:, -1] <= 0).all()
    assert np.sort(shown.ravel()) == pytest.approx(np.sort((2 * u @ u.T).ravel()))
    low, high = image.get_clim()
    assert low == -np.abs(shown).max()
    assert high == np.abs(shown).max()


def test_axis_labels_lie_inside_the_figure():
    values = np.linspace(-0.92, 1.6, 200).reshape(50, 4)
    figure = draw_neurons(LIGHT, [Trace("v", "v", values)], values > 1.5, range(4), 0.002)
    figure.draw_without_rendering()
    for axes in figure.axes:
        assert axes.yaxis.label.get_window_extent().x0 > 0
