"""Short-term plasticity in Brian2: what spikes add, read from what they add to."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms
from spikemodes.models import (
    Dense,
    Network,
    NeuronModel,
    Pathway,
    PeakReadout,
    ShortTermPlasticity,
    SingleExponential,
    Trials,
    simulate,
)

DT, TAU = 2.0, 1e-6  # ms; a filter that forgets at once
NEURON = NeuronModel(
    name="listener", equations="v : 1\nheard : 1", update="v = 0.8*v + drive\nheard = recurrent",
    threshold="v > 1", reset="v = 0", refractory="",
)  # fmt: skip
PLASTICITY = ShortTermPlasticity(0.2, 150 * ms, 90 * ms)


def pair(**pathway):
    """Cell 0, which input drives, with a synapse of weight 3 onto cell 1, which stays silent."""
    W = np.array([[0.0, 0.0], [3.0, 0.0]])
    return Network(
        neuron=NEURON, filter=SingleExponential(TAU * ms), dt=DT * ms,
        W_in=np.array([[1.0], [0.0]]), W_out=np.ones((1, 2)),
        pathways=(Pathway(connectivity=Dense(W), **pathway),),
    )  # fmt: skip


def trials():
    inputs = np.random.default_rng(0).normal(0.2, 0.5, (200, 2, 1))
    return Trials(inputs, DT * ms)


def paper(times):
    """Tsodyks, Pawelzik & Markram (1998), from spike to spike."""
    u, x, found = 0.0, 1.0, []
    for gap in np.diff(times, prepend=-np.inf):
        u, x = u * np.exp(-gap / 150), 1 - (1 - x) * np.exp(-gap / 90)
        u = u + 0.2 * (1 - u)
        found.append(u * x)
        x = x * (1 - u)
    return np.array(found)


@pytest.mark.parametrize(
    "pathway",
    [{}, {"delays": 6 * ms}, {"delays": np.array([[0, 0], [40, 0]]) * ms}],
    ids=["at once", "late", "later than the next spike"],
)
def test_each_spike_adds_what_the_paper_says(pathway):
    """It is filtered a step after it arrives, and acts on the neuron a step later."""
    network = pair(plasticity=PLASTICITY, **pathway)
    recording = simulate(
        network, trials(), target="numpy", record_states=["heard"], record_neurons=[1]
    )
    late = round(float(np.max(pathway.get("delays", 0 * ms)) / (DT * ms)))
    received = recording.states["heard"][..., 0]
    for trial in range(2):
        spikes = np.flatnonzero(recording.raster[:, trial, 0])
        assert len(spikes) > 20
        assert np.ptp(np.diff(spikes)) > 2
        arrivals = spikes + late + 2
        seen = arrivals < len(received)
        expected = 3 * DT / TAU * paper(DT * spikes)
        found = received[arrivals[seen], trial]
        np.testing.assert_allclose(found, expected[seen], rtol=1e-9)


def test_outputs_are_those_of_spikes_alone():
    """Plasticity is one of recurrent synapses; what is read out is not."""
    for readout in ({}, {"readout": PeakReadout()}):
        plain, plastic = (
            simulate(replace(pair(plasticity=p), **readout), trials(), target="numpy")
            for p in (None, PLASTICITY)
        )
        np.testing.assert_array_equal(plain.raster[..., 0], plastic.raster[..., 0])
        only_first = replace(pair(), W_out=np.array([[1.0, 0.0]]), **readout)
        alone = simulate(only_first, trials(), target="numpy")
        changed = replace(only_first, pathways=pair(plasticity=PLASTICITY).pathways)
        found = simulate(changed, trials(), target="numpy")
        np.testing.assert_allclose(found.outputs, alone.outputs)
