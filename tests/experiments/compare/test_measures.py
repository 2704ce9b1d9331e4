from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from spikemodes.experiments import parse_spec
from spikemodes.experiments.compare.measures import Parts, explained, measured, twin_recording
from spikemodes.experiments.config.nested_keys import merge
from spikemodes.experiments.pipeline.circumstances import UNDISTURBED
from spikemodes.experiments.tasks import SelectiveIntegration
from spikemodes.learning import initial_network
from spikemodes.models import RateUnit, simulate, to_dense

GIVEN = {
    "task": {
        "name": "selective-integration",
        "blank": "4 ms",
        "stimulus": "20 ms",
        "response": "40 ms",
    },
    "network": {"neurons": 10, "readout": "trace"},
    "simulate": {"target": "numpy", "trials": 4, "fine_dt": "1 ms"},
    "seed": 3,
}


def force_network(n=60, n_outputs=1, seed=0):
    """W = J + w_fb wᵀ, as FORCE leaves it, in rate neurons."""
    rng = np.random.default_rng(seed)
    task = SelectiveIntegration()
    network = initial_network(n, None, task.n_inputs, n_outputs, task.dt, rng, neuron=RateUnit())
    J = 0.7 * rng.normal(size=(n, n)) * (rng.random((n, n)) < 0.1) / np.sqrt(0.1 * n)
    W = J + 5 * rng.uniform(-1, 1, (n, n_outputs)) @ network.W_out
    return J, replace(network, recurrence=W)


def test_weights_of_force_are_sparse_ones_and_a_mode_for_each_output():
    for n_outputs in (1, 3):
        J, network = force_network(n_outputs=n_outputs)
        parts = Parts.of(network)
        np.testing.assert_allclose(parts.fixed, J, atol=1e-6)
        assert parts.modes == np.linalg.matrix_rank(parts.learned, tol=1e-6) == n_outputs
        assert parts.stored == np.count_nonzero(J) + 2 * 60 * n_outputs
        assert parts.operations(np.ones(60), 5) == pytest.approx(
            np.count_nonzero(J) + 60 * n_outputs + 5 * 60 * n_outputs
        )


def test_modes_and_dense_weights_count_as_what_they_are(draw_network):
    network = draw_network(n_neurons=8, n_modes=2)
    modes, dense = Parts.of(network), Parts.of(to_dense(network))
    assert (modes.stored, dense.stored) == (2 * 8 * 2 + 2, 64)
    assert modes.operations(np.full(8, 3.0), 10) == 3 * 8 * 2 + 10 * 8 * 2
    assert dense.operations(np.full(8, 3.0), 10) == 3 * 64
    np.testing.assert_allclose(modes.learned, dense.learned)
    silent = Parts.of(network.with_modes(network.modes.scaled(np.zeros(2))))
    assert (silent.stored, silent.operations(np.ones(8), 10)) == (0, 0)


class Reached:
    """Scores outputs by how near they come to those of a whole network."""

    def __init__(self, whole):
        self.whole = whole

    def score(self, outputs, trials):
        error = np.mean((outputs - self.whole) ** 2)
        return type("Score", (), {"performance": 1 - float(error / np.var(self.whole))})()


def test_directions_are_those_of_what_was_learned_beside_fixed_weights():
    _, network = force_network()
    trials = SelectiveIntegration().sample(5, np.random.default_rng(0))
    recording = twin_recording(network, trials, UNDISTURBED)
    task: Any = Reached(recording.outputs)
    found = explained(network, Parts.of(network), task, recording, trials)
    assert (found["rank"], found["directions"]) == (1, 1)
    assert found["fixed_synapses"] > 0
    assert found["performance_of_fixed"] < 0.9
    assert found["performance_of_fixed"] != found["performance_without_recurrence"] < 0.9


def test_a_network_that_is_no_better_than_without_recurrence_needs_no_direction(draw_network):
    network = draw_network(n_neurons=8, n_modes=2)
    trials = SelectiveIntegration().sample(4, np.random.default_rng(0))
    network = replace(network, W_in=np.ones((8, 4)), W_out=np.ones((1, 8)))
    recording = twin_recording(network, trials, UNDISTURBED)
    task = SelectiveIntegration()
    found = explained(network, Parts.of(network), task, recording, trials)
    assert found["directions"] == 0
    assert found["performance_without_recurrence"] == found["performance_of_fixed"]


def test_what_is_measured_is_the_network_under_the_conditions():
    conditions = [{"name": "sparse-connectivity", "missing": 0.7}]
    there, elsewhere = (
        parse_spec(merge([GIVEN, {"train": {"conditions": c}}])) for c in (conditions, [])
    )
    task, rng = there.build_task(), np.random.default_rng(0)
    trials = task.sample(6, rng)
    network = initial_network(10, 3, task.n_inputs, task.n_outputs, task.dt, rng)
    network = replace(network, W_in=3 * network.W_in)
    network = network.with_modes(network.modes.scaled(np.full(3, 20.0)))
    under, undisturbed = (measured(network, trials, spec) for spec in (there, elsewhere))
    recording = simulate(
        network, trials, conditions=there.train.build_conditions(), seed=3, target="numpy"
    )
    assert under["mse"] == task.score(recording.outputs, trials).mse != undisturbed["mse"]
    operations = "synaptic_operations_per_trial"
    assert under[operations] / under["spikes_per_trial"] < 0.6 * (
        undisturbed[operations] / undisturbed["spikes_per_trial"]
    )
    assert under["mode_operations_per_trial"] is None
    assert under["operations_per_trial"] == under[operations]
    spikes = undisturbed["spikes_per_trial"]
    into, out = (undisturbed[f"mode_{what}_per_trial"] for what in ("operations", "updates"))
    assert into == pytest.approx(3 * spikes)
    assert undisturbed["operations_per_trial"] == pytest.approx(into + out)
    assert undisturbed["operations_per_trial"] == pytest.approx(
        3 * spikes + 3 * 10 * trials.n_steps
    )
