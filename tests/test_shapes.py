"""The shapes of annotations are enforced where the test run is told to."""

import numpy as np
import pytest
from jaxtyping import TypeCheckError
from spikemodes.experiments.tasks.objectives import classes
from spikemodes.models import Tanh


def test_an_array_of_another_kind_or_shape_fails():
    with pytest.raises(TypeCheckError, match=r"transfer\.Tanh"):
        Tanh()(np.zeros(3, int))
    with pytest.raises(TypeCheckError, match=r"objectives\.classes"):
        classes(np.zeros((2, 3, 4)))
