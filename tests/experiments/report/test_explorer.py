"""What the explorer shows: the right modes, trials, spikes and points of the map."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from brian2 import second
from spikemodes.experiments import RunDirectory, parse_spec
from spikemodes.experiments.computation.answers import Answers
from spikemodes.experiments.config.nested_keys import merge
from spikemodes.experiments.pipeline.streams import validation_trials
from spikemodes.experiments.pipeline.summary import Summary
from spikemodes.experiments.report import Reported
from spikemodes.experiments.report.explorer import explorer_of
from spikemodes.models import Recording

TASK = {"name": "selective-integration", "blank": "4 ms", "stimulus": "40 ms", "response": "40 ms"}
GIVEN = {"task": TASK, "network": {"neurons": 10}, "simulate": {"trials": 12}}


def found_of(*, answers=None, silent=False, **network) -> Reported:
    spec = parse_spec(merge([GIVEN, {"network": network}]))
    trials, rng = validation_trials(spec), np.random.default_rng(0)
    shape = trials.n_steps, trials.n_trials
    drawn = spec.recipe().draw(spec.build_task(), rng)
    spikes = np.argwhere(rng.random((*shape, 10)) < (0.0 if silent else 0.2))
    recording = Recording(
        spikes=spikes,
        n_neurons=10,
        n_trials=trials.n_trials,
        n_steps=trials.n_steps,
        dt=float(trials.dt) * second,
        outputs=rng.normal(size=(*shape, 1)),
        modes=rng.normal(size=(*shape, network.get("modes", 3))),
    )
    found = Reported(
        RunDirectory(Path("unused")), spec, drawn, recording, cast(Any, None), summary=Summary()
    )
    found.__dict__["answers"] = answers or Answers()
    return found


def test_means_and_trials_are_those_of_the_recording():
    found = found_of(modes=3)
    explorer = explorer_of(found)
    assert explorer is not None
    assert explorer.axes == ("κ1", "κ2", "κ3")
    shown = explorer.trials[0]
    trial = int(shown.name.removeprefix("trial "))
    np.testing.assert_array_equal(shown.path, found.recording.modes[:, trial])
    np.testing.assert_array_equal(shown.output, found.recording.outputs[:, trial])
    spikes = found.recording.spikes[found.recording.spikes[:, 1] == trial]
    np.testing.assert_allclose(shown.spikes[0], 2.0 * (spikes[:, 0] + 1))
    assert sorted({mean.condition for mean in explorer.means}) == explorer.conditions
    assert len(explorer.trials) <= 3 * len(explorer.means)
    dt, rate = float(found.recording.dt), np.mean([mean.rate.mean() for mean in explorer.means])
    all_spikes = len(found.recording.spikes)
    assert rate == pytest.approx(all_spikes / (10 * 12 * explorer.times.size * dt), rel=0.1)


def test_of_many_modes_the_most_causal_are_shown_else_the_most_important():
    lost = [0.0, 0.5, 0.1, 0.9, 0.0, 0.0, 0.4, 0.0]
    causal = explorer_of(found_of(modes=8, answers=Answers({"causality": {"lost": lost}})))
    assert causal is not None
    assert causal.axes == ("κ2", "κ4", "κ7")
    assert "cost the most performance" in causal.note
    important = explorer_of(found_of(modes=8))
    assert important is not None
    assert "of the largest τ" in important.note


def test_few_modes_are_drawn_in_the_plane():
    two, one = explorer_of(found_of(modes=2)), explorer_of(found_of(modes=1))
    assert two is not None
    assert one is not None
    assert two.axes == ("κ1", "κ2")
    assert one.axes == ("time [ms]", "κ1")
    np.testing.assert_allclose(one.means[0].path[:, 0], one.times)


def test_without_modes_principal_components_are_shown():
    explorer = explorer_of(found_of(parameterisation="dense"))
    assert explorer is not None
    assert explorer.axes == ("PC1", "PC2", "PC3")
    assert explorer.note.startswith("The network has no modes")


def test_a_silent_network_has_none():
    assert explorer_of(found_of(modes=3, silent=True)) is None


def test_the_map_is_read_in_the_modes_that_are_shown():
    points = [{"kappa": [0.0, 1, 2, 3], "stable": False, "context": "context 1"}]
    grid = np.arange(2 * 5 * 4.0).reshape(2, 5, 4)
    fields = {"contexts": np.array(["a", "b"]), "points": grid, "flow": -grid}
    answers = Answers(
        {"map": {"fixed_points": points}, "causality": {"lost": [1.0, 0.0, 2.0, 3.0]}},
        {"map": fields},
    )
    explorer = explorer_of(found_of(modes=4, answers=answers))
    assert explorer is not None
    (point,) = explorer.fixed_points
    assert (point.place, point.stable, point.context) == ((0.0, 2.0, 3.0), False, "context 1")
    assert [flow.context for flow in explorer.flows] == ["a", "b"]
    np.testing.assert_array_equal(explorer.flows[1].flow, -grid[1][:, [0, 2, 3]])


def test_trials_of_another_length_have_no_explorer():
    found = found_of(modes=3)
    short = replace(found.recording, n_steps=5, spikes=np.zeros((1, 3), int))
    assert explorer_of(replace(found, recording=short)) is None
