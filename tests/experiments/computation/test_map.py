"""The map of a whole run: what it is asked of, and what it answers."""

from dataclasses import replace

import numpy as np
import pytest
from spikemodes.experiments import parse_spec
from spikemodes.experiments.computation.map import MAP
from spikemodes.experiments.computation.question import NotAskedError, Subject
from spikemodes.experiments.pipeline.answering import answer
from spikemodes.experiments.pipeline.streams import validation_trials


def subject_of(task="selective-integration", simulate=None, train=None, **network):
    short = {"stimulus": "100 ms", "response": "200 ms"} if "selective" in task else {}
    spec = parse_spec(
        {
            "task": {"name": task, **short},
            "network": {"neurons": 30, **network},
            "train": train or {},
            "simulate": {"target": "numpy", "trials": 16, **(simulate or {})},
        }
    )
    drawn = spec.recipe().start(spec.build_task(), np.random.default_rng(0))
    return Subject(spec, drawn, answer(spec, drawn, validation_trials(spec)))


def test_contexts_have_their_fixed_points_and_each_end_its_distance():
    subject = subject_of(modes=1)
    found = MAP.ask(subject)
    numbers, arrays = found.numbers, found.arrays
    assert numbers.contexts == ["context 0", "context 1"]
    assert {point.context for point in numbers.fixed_points} == set(numbers.contexts)
    assert {len(point.kappa) for point in numbers.fixed_points} == {1}
    stable = [point for point in numbers.fixed_points if point.stable]
    assert all(point.eigenvalues[0][0] < 1 for point in stable)
    assert all(point.residual <= numbers.tolerance for point in numbers.fixed_points)
    for end in numbers.ends:
        near = [abs(p.kappa[0] - end.kappa[0]) for p in stable if p.context == end.context]
        assert end.distance == pytest.approx(min(near) / numbers.between)
    assert numbers.distance == pytest.approx(np.mean([end.distance for end in numbers.ends]))
    assert numbers.worst >= numbers.distance
    assert arrays["points"].shape == arrays["flow"].shape == (2, 81, 1)
    assert arrays["plane_points"].shape == (2, 0, 121, 1)
    assert arrays["contexts"].tolist() == numbers.contexts


@pytest.mark.slow
def test_of_more_modes_than_can_be_seen_the_most_important_make_the_grid():
    subject = subject_of("go-nogo", modes=5)
    found = MAP.ask(subject)
    assert found.numbers.contexts == ["all trials"]
    assert len(found.numbers.shown) == 3
    others = np.setdiff1d(np.arange(5), found.numbers.shown)
    points = found.arrays["points"]
    assert points.shape == (1, 343, 5)
    assert (np.ptp(points[0][:, others], axis=0) == 0).all()
    assert found.arrays["plane_points"].shape == (1, 3, 121, 5)
    assert {len(point.kappa) for point in found.numbers.fixed_points} == {5}


def test_what_has_no_map_says_why():
    good = subject_of(modes=2)
    still = replace(good.recording, spikes=good.recording.spikes[:0])
    with pytest.raises(NotAskedError, match="silent"):
        MAP.ask(Subject(good.spec, good.network, still))
    with pytest.raises(NotAskedError, match="not learned as modes"):
        MAP.ask(subject_of(parameterisation="dense"))
    sparse = {"conditions": [{"name": "sparse-connectivity", "missing": 0.5}]}
    with pytest.raises(NotAskedError, match="cannot be held: `conditions` must leave"):
        MAP.ask(subject_of(train=sparse))
