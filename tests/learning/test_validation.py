from dataclasses import replace

import numpy as np
import pytest
import torch
from brian2 import ms
from spikemodes.learning import (
    RateTwin,
    Twin,
    initial_network,
    validate,
    validate_rates,
    validation,
)
from spikemodes.learning.twin import twin
from spikemodes.learning.validation import compare
from spikemodes.models import LIF, NeuronModel, PeakReadout, RateUnit, Trials, to_dense
from spikemodes.models.brian import simulation
from spikemodes.models.conditions import Adaptation, Delays, Heterogeneity
from spikemodes.models.translation import translator

NETWORKS = {
    "modes": lambda draw, neurons: draw(),
    "full scores": lambda draw, neurons: draw(full=True),
    "dense": lambda draw, neurons: to_dense(draw()),
    "peak": lambda draw, neurons: draw(readout=PeakReadout()),
    "heterogeneous": lambda draw, neurons: draw(LIF(np.linspace(10, 30, 8) * ms)),
    "AdEx": lambda draw, neurons: draw(neurons["AdEx"], dt=1 * ms),
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_twin_and_brian2_agree_in_every_spike(make, draw_network, draw_trials, neurons):
    network = make(draw_network, neurons)
    found = validate(network, draw_trials(40, dt=network.dt, strength=2.0), target="numpy")
    assert len(found.twin.spikes) > 5
    assert (found.spike_match, found.identical_trials) == (1.0, 3)
    assert found.first_divergence is None
    assert found.max_output_difference is not None
    assert found.max_output_difference < 1e-12
    assert (found.target, found.compiled) == ("numpy", False)
    assert found.simulate_seconds > 0
    assert found.push_seconds > 0


def test_generated_cpp_agrees_and_pushes_new_modes_in_less_than_a_second(draw_network, draw_trials):
    stages = []
    found = validate(draw_network(), draw_trials(), on_stage=stages.append)
    assert (found.spike_match, found.identical_trials) == (1.0, 3)
    assert found.target == "cpp_standalone"
    assert found.push_seconds < 1
    assert {"twin", "simulate"} <= set(stages) <= {"twin", "compile", "simulate"}


@pytest.mark.parametrize(
    "conditions", [(), (Heterogeneity(0.2), Delays(4 * ms)), (Adaptation(0.1),)], ids=len
)
@pytest.mark.filterwarnings("ignore:.* trains with the slower reference step")
def test_a_circuit_is_realised_and_translated_once(
    conditions, draw_network, draw_trials, monkeypatch
):
    realised, read = [], []
    realise, read_with_brian = validation.realise, translator.read_with_brian
    monkeypatch.setattr(validation, "realise", lambda *a: realised.append(a) or realise(*a))
    monkeypatch.setattr(simulation, "realise", lambda *a: realised.append(a) or realise(*a))
    monkeypatch.setattr(twin, "realise", lambda *a: realised.append(a) or realise(*a))
    monkeypatch.setattr(
        translator, "read_with_brian", lambda *a: read.append(a[0]) or read_with_brian(*a)
    )
    network = draw_network(LIF(tau_mem=19.3 * ms))  # of no other test
    found = validate(network, draw_trials(), conditions=conditions, target="numpy")
    assert len(found.brian2.spikes) > 5
    assert found.identical_trials == 3
    assert len(realised) == 1
    assert len([model for model in read if isinstance(model, NeuronModel)]) == 1


@pytest.fixture
def recording(draw_network, draw_trials):
    return Twin(draw_network(), dtype=torch.float64).record(draw_trials())


def without(recording, rows):
    return replace(recording, spikes=np.delete(recording.spikes, rows, axis=0))


def test_a_recording_matches_itself(recording):
    match = compare(recording, recording)
    assert (match.spike_match, match.identical_trials) == (1.0, 3)
    assert match.first_difference is None
    assert match.max_output_difference == 0


def test_every_cell_that_differs_counts_once_and_every_trial_once(recording):
    in_first = np.flatnonzero(recording.spikes[:, 1] == 0)[[1, 3]]
    in_last = np.flatnonzero(recording.spikes[:, 1] == 2)[[2]]
    missing = np.sort(np.concatenate([in_first, in_last]))
    other = without(recording, missing)
    for match in (compare(recording, other), compare(other, recording)):
        assert match.spike_match == pytest.approx(1 - 3 / (60 * 3 * 8), abs=1e-15)
        assert match.identical_trials == 1
        assert match.first_difference == tuple(recording.spikes[missing[0]])


def test_a_spike_one_step_late_is_two_cells(recording):
    late = recording.spikes.copy()
    late[-1, 0] -= 1
    assert not (recording.spikes == late[-1]).all(1).any()
    match = compare(recording, replace(recording, spikes=late))
    assert match.spike_match == pytest.approx(1 - 2 / (60 * 3 * 8), abs=1e-15)
    assert match.identical_trials == 2


def test_the_largest_output_difference_is_found(recording):
    outputs = recording.outputs.copy()
    outputs[7, 1, 1] -= 0.25
    outputs[9, 0, 0] += 0.125
    assert compare(recording, replace(recording, outputs=outputs)).max_output_difference == 0.25


def test_recordings_of_other_trials_are_not_compared(recording, draw_network, draw_trials):
    other = Twin(draw_network(), dtype=torch.float64).record(draw_trials(n_trials=2))
    with pytest.raises(ValueError, match="must be of the same trials"):
        compare(recording, other)


def test_a_divergence_is_reported_with_both_potentials(draw_network, draw_trials, monkeypatch):
    network, trials = draw_network(), draw_trials()

    class Lower(Twin):
        """A twin whose threshold is not that of Brian2."""

        def __init__(self, network, *, circuit, **options):
            lower = replace(network, neuron=network.neuron.with_parameters(v_threshold=0.6))
            super().__init__(network, circuit=replace(circuit, network=lower), **options)

    monkeypatch.setattr(validation, "Twin", Lower)
    found = validate(network, trials, target="numpy")
    assert found.spike_match is not None
    assert found.identical_trials is not None
    assert found.spike_match < 1
    assert found.identical_trials < 3
    first = found.first_divergence
    assert first is not None
    assert first.time_ms == pytest.approx(2 * first.step)
    assert found.twin.raster[first.step, first.trial, first.neuron]
    assert not found.brian2.raster[first.step, first.trial, first.neuron]
    assert not (found.twin.raster ^ found.brian2.raster)[: first.step].any()
    assert 0.6 < first.twin["v"] < 1
    assert first.twin == pytest.approx(first.brian2, abs=1e-12)
    assert first.twin.keys() == {"v", "I"}


def test_a_batch_larger_than_there_are_trials_runs_these_alone(monkeypatch):
    rng, shown = np.random.default_rng(0), []
    network = initial_network(5, 2, 3, 1, 2 * ms, rng, neuron=RateUnit())
    trials = Trials(np.zeros((4, 3, 3)), network.dt)
    record = RateTwin.record
    monkeypatch.setattr(RateTwin, "record", lambda s, t: shown.append(t.n_trials) or record(s, t))
    assert validate_rates(network, trials, batch=1000).twin.n_trials == 3
    assert shown == [3]
