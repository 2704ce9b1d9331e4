import numpy as np
import pytest
from hypothesis import given, strategies as st
from spikemodes.models import Modes
from spikemodes.models.quantities import require_finite


@st.composite
def modes(draw):
    p = draw(st.integers(1, 4))
    n = draw(st.integers(p, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = rng.normal(size=(p, p) if draw(st.booleans()) else p)
    return Modes(rng.normal(size=(n, p)), scores, rng.normal(size=(n, p)))


@given(modes())
def test_modes_times_activity_is_the_dense_matrix_times_activity(modes):
    activity = np.random.default_rng(0).normal(size=(modes.n_neurons, 5))
    np.testing.assert_allclose(modes @ activity, modes.dense() @ activity, atol=1e-12)
    np.testing.assert_allclose(modes @ activity[:, 0], modes.dense() @ activity[:, 0], atol=1e-12)


@given(modes())
def test_the_dense_matrix_is_xi_in_sigma_xi_out_transposed(modes):
    expected = modes.xi_in @ modes.sigma @ modes.xi_out.T
    np.testing.assert_allclose(modes.dense(), expected, atol=1e-12)
    assert modes.dense().shape == (modes.n_neurons, modes.n_neurons)


@given(modes())
def test_rows_of_the_dense_matrix_receive_and_its_columns_send(modes):
    sender = modes.n_neurons - 1
    spike = np.eye(modes.n_neurons)[sender]
    np.testing.assert_allclose(modes @ spike, modes.dense()[:, sender], atol=1e-12)


@given(modes())
def test_the_rank_is_no_more_than_the_number_of_modes(modes):
    assert np.linalg.matrix_rank(modes.dense()) <= modes.n_modes


@given(modes())
def test_diagonal_scores_are_a_full_matrix_with_zeros_elsewhere(modes):
    full = Modes(modes.xi_in, modes.sigma, modes.xi_out)
    np.testing.assert_allclose(full.dense(), modes.dense(), atol=1e-12)


@given(modes(), st.floats(-2, 2))
def test_scaling_multiplies_rows_of_sigma(modes, factor):
    factors = np.ones(modes.n_modes)
    factors[0] = factor
    scaled = modes.scaled(factors)
    np.testing.assert_allclose(scaled.sigma, np.diag(factors) @ modes.sigma, atol=1e-12)
    assert scaled.scores.shape == modes.scores.shape
    assert scaled.xi_in is modes.xi_in


@given(modes())
def test_scaling_every_mode_by_zero_silences_the_recurrence(modes):
    assert not modes.scaled(np.zeros(modes.n_modes)).dense().any()


@pytest.mark.parametrize(
    ("xi_in", "scores", "xi_out", "message"),
    [
        ((2, 5), 2, (2, 5), r"`xi_in` must have one row per neuron.*\(2, 5\).*Transpose"),
        ((5,), 1, (5,), r"`xi_in` must have one row per neuron.*\(5,\)"),
        ((5, 2), 2, (2, 5), r"`xi_out` must have the modes of `xi_in`: expected \(N, 2\), got"),
        ((5, 2), 3, (5, 2), r"`scores` must be \(2,\).*\(2, 2\).*got \(3,\)"),
        ((5, 2), (2, 1), (5, 2), r"`scores` must be .*got \(2, 1\)"),
    ],
)
def test_wrong_shapes_are_named_with_what_was_expected(xi_in, scores, xi_out, message):
    with pytest.raises(ValueError, match=message):
        Modes(np.ones(xi_in), np.ones(scores), np.ones(xi_out))


@pytest.mark.parametrize("name", ["xi_in", "scores", "xi_out"])
def test_weights_that_are_not_finite_are_refused_by_name(name):
    arrays = {"xi_in": np.ones((5, 2)), "scores": np.ones(2), "xi_out": np.ones((5, 2))}
    arrays[name].flat[0] = np.nan
    with pytest.raises(ValueError, match=f"`{name}` must be finite"):
        Modes(**arrays)


def test_the_first_array_that_is_not_finite_is_named():
    with pytest.raises(ValueError, match="`second` must be finite"):
        require_finite(first=np.zeros(2), second=np.array([np.inf]))
