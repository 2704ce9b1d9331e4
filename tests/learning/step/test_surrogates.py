import numpy as np
import pytest
import sympy
import torch
from spikemodes.learning import SURROGATES, ATan, FastSigmoid, SuperSpike, Triangular
from spikemodes.learning.step.source import expression_source

X = np.linspace(-3, 3, 601)
NUMPY = {"abs": np.abs, "select": np.where}
TORCH = {"abs": torch.abs, "select": lambda c, a, b: torch.where(c, torch.as_tensor(a), b)}


def evaluate(surrogate, x, namespace):
    symbol = sympy.Symbol("x", real=True)
    scope: dict = {}
    exec(expression_source("psi", "x", surrogate.derivative(symbol)), namespace, scope)
    return scope["psi"](x)


@pytest.mark.parametrize("build", SURROGATES.values(), ids=SURROGATES)
def test_a_surrogate_is_symmetric_and_peaks_at_the_threshold(build):
    values = evaluate(build(), X, NUMPY)
    np.testing.assert_allclose(values, values[::-1], rtol=1e-9, atol=1e-12)
    assert np.argmax(values) == 300
    assert (values >= 0).all()
    assert (np.diff(values[300:]) <= 0).all()


@pytest.mark.parametrize("build", SURROGATES.values(), ids=SURROGATES)
def test_a_surrogate_is_the_same_in_torch_and_in_numpy(build):
    x = torch.tensor(X)
    zero = torch.tensor(0.0, dtype=x.dtype)
    namespace = {**TORCH, "select": lambda c, a, b: torch.where(c, a, zero + b)}
    np.testing.assert_allclose(
        evaluate(build(), x, namespace).numpy(), evaluate(build(), X, NUMPY), rtol=1e-14
    )


@pytest.mark.parametrize(
    ("surrogate", "closed_form"),
    [
        (FastSigmoid(25), lambda x: 1 / (25 * np.abs(x) + 1) ** 2),
        (SuperSpike(100), lambda x: 1 / (100 * np.abs(x) + 1) ** 2),
        (ATan(3.0), lambda x: 1.5 / (1 + (np.pi * 3 * x / 2) ** 2)),
        (Triangular(2.0, 0.3), lambda x: 0.3 * np.maximum(0, 1 - 2 * np.abs(x))),
    ],
)
def test_a_surrogate_is_its_published_formula(surrogate, closed_form):
    np.testing.assert_allclose(evaluate(surrogate, X, NUMPY), closed_form(X), atol=1e-13)


@pytest.mark.parametrize("slope", [1.0, 25.0, 100.0])
def test_the_fast_sigmoid_is_one_at_the_threshold(slope):
    assert evaluate(FastSigmoid(slope), np.array(0.0), NUMPY) == 1
