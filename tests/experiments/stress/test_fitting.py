"""Conditions that do not fit a network are left out before anything runs, and named."""

from dataclasses import replace

import pytest
from brian2 import ms, mV
from spikemodes.experiments.pipeline.circumstances import Circumstances
from spikemodes.experiments.stress.battery import choose
from spikemodes.experiments.stress.fitting import fitting
from spikemodes.models import LIF, AdaptiveLIF, AdEx, ConductanceLIF, NeuronModel, to_dense
from spikemodes.models.conditions import Adaptation

REPLACED = {
    "adaptation", "conductances", "dales-law-interneurons", "spike-onset",
    "spike-triggered-adaptation", "subthreshold-adaptation",
}  # fmt: skip
TEXT = NeuronModel(
    name="text",
    equations="du/dt = (E - u + R*(drive + recurrent))/tau : volt",
    threshold="u > top",
    reset="u = E",
    parameters={"E": -70 * mV, "R": 40 * mV, "tau": 20 * ms, "top": -50 * mV},
    scale="top - E",
    initial={"u": "E"},
    method="exponential_euler",
)
STEPPED = NeuronModel(
    name="stepped",
    equations="v : 1",
    update="v = 0.9*v + drive + recurrent",
    parameters={"tau_mem": 20 * ms, "tau_syn": 10 * ms},
)
UNFIT = {
    "LIF": (LIF(), set()),
    "AdEx": (AdEx(), {*REPLACED, "heterogeneity"}),
    "ConductanceLIF": (ConductanceLIF(), REPLACED),
    "AdaptiveLIF": (AdaptiveLIF(), REPLACED),
    "text": (TEXT, {*REPLACED, "heterogeneity", "membrane-noise", "refractory-period"}),
    "stepped": (STEPPED, {*REPLACED, "simulation-step", "refractory-period"}),
    "text called LIF": (
        replace(TEXT, name="LIF"),
        {*REPLACED, "heterogeneity", "membrane-noise", "refractory-period"},
    ),
    "stepped called LIF": (
        replace(STEPPED, name="LIF"),
        {*REPLACED, "simulation-step", "refractory-period"},
    ),
    "LIF called mine": (replace(LIF(), name="mine"), set()),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_conditions_that_do_not_fit_are_left_out_with_the_reason(kind, draw_network):
    neuron, unfit = UNFIT[kind]
    sweeps = choose([], {})
    fit = fitting(draw_network(neuron), sweeps)
    assert set(fit.left_out) == unfit
    assert set(fit.sweeps) == set(sweeps) - unfit
    for name, sweep in fit.sweeps.items():
        assert sweep == sweeps[name]
    for reason in fit.left_out.values():
        assert neuron.name in reason
        assert "`" not in reason
        assert not reason.endswith(".")


def test_dense_weights_fit_all_conditions(draw_network):
    assert not fitting(to_dense(draw_network()), choose([], {})).left_out


def test_a_level_that_does_not_fit_is_left_out_and_the_others_stay(draw_network):
    fit = fitting(draw_network(), choose(["refractory-period"], {"refractory-period": [2, 3, 4]}))
    assert fit.sweeps["refractory-period"].values == (0, 2, 4)
    assert list(fit.left_out) == ["refractory-period at 3"]
    assert "whole number of steps" in fit.left_out["refractory-period at 3"]


def test_conditions_that_the_network_learned_under_exclude_others(draw_network):
    there = Circumstances((Adaptation(0.1),), 0)
    fit = fitting(draw_network(), choose(["spike-onset", "adaptation", "delays"], {}), there)
    assert list(fit.left_out) == ["spike-onset"]
    assert "exclude each other" in fit.left_out["spike-onset"]


def test_named_conditions_are_refused_if_none_is_left(draw_network):
    some = fitting(draw_network(AdEx()), choose(["spike-onset", "delays"], {}))
    assert list(some.require_some().sweeps) == ["delays"]
    none = fitting(draw_network(AdEx()), choose(["spike-onset", "adaptation"], {}))
    with pytest.raises(ValueError, match="must name one that fits the network: spike-onset"):
        none.require_some()


def test_the_undisturbed_level_alone_fits(draw_network):
    fit = fitting(draw_network(), choose(["delays"], {"delays": [0]}))
    assert fit.sweeps["delays"].values == (0,)
    assert not fit.left_out


def test_a_combination_that_excludes_itself_is_left_out_with_the_reason(draw_network):
    fit = fitting(draw_network(), choose(["adaptation+conductances", "spike-onset+delays"], {}))
    assert list(fit.sweeps) == ["spike-onset+delays"]
    assert "exclude each other" in fit.left_out["adaptation+conductances"]


def test_what_draws_is_tested_in_each_draw_but_for_the_undisturbed_level(draw_network):
    fit = fitting(draw_network(), choose(["lesion", "adaptation"], {"adaptation": [0.1]}))
    numbers = [(c.condition, c.level, c.draw) for c in fit.cells(3)]
    assert numbers[:4] == [
        ("lesion", 0, 1), ("lesion", 0.05, 1), ("lesion", 0.05, 2), ("lesion", 0.05, 3),
    ]  # fmt: skip
    assert len(numbers) == 1 + 4 * 3 + 2
    assert len({c.name for c in fit.cells(3)}) == len(numbers)
