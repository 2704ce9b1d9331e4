from itertools import pairwise

import pytest
from spikemodes.experiments.compare.contestants import choose
from spikemodes.experiments.compare.plan import (
    DEFAULT,
    Budget,
    ComparedCell,
    ComparisonPlan,
    Seen,
    Updates,
    effort_of,
)
from spikemodes.learning import Force

GIVEN = {"task": {"name": "selective-integration"}}


def plan_of(names, **options):
    given = GIVEN | options.pop("given", {})
    return ComparisonPlan(choose(names), given=given, **{"seeds": 1, "effort": DEFAULT} | options)


def test_an_effort_is_trials_a_time_or_updates():
    assert effort_of(900, None, None) == Seen(900)
    assert effort_of(None, "60s", None) == Budget(60)
    assert effort_of(None, "1.5 min", None) == Budget(90)
    assert effort_of(None, None, 30) == Updates(30)
    assert isinstance(effort_of(None, None, None), Seen)


@pytest.mark.parametrize("budget", ["0", "0s", "-3s", "soon", "1e9", ""])
def test_what_is_no_budget_is_refused(budget):
    with pytest.raises(ValueError, match="`--budget` must be a positive time"):
        effort_of(None, budget, None)


def test_efforts_that_contradict_or_are_none_are_refused():
    with pytest.raises(ValueError, match="`--budget` must be left out with `--updates`"):
        effort_of(None, "5s", 3)
    with pytest.raises(ValueError, match="`--trials` must be left out with `--budget`"):
        effort_of(100, "5s", None)
    with pytest.raises(ValueError, match="`--updates` must be 1 or more: got 0"):
        effort_of(None, None, 0)
    with pytest.raises(ValueError, match="`--trials` must be 1 or more: got 0"):
        effort_of(0, None, None)
    with pytest.raises(ValueError, match="`--seeds` must be 1 or more: got 0"):
        plan_of("force", seeds=0)


@pytest.mark.parametrize("candidates", [-1, 1])
def test_a_search_among_one_is_refused(candidates):
    with pytest.raises(ValueError, match=f"`--search` must be 0 .*: got {candidates}"):
        plan_of("force", candidates=candidates)


def test_a_task_that_a_method_cannot_serve_is_named():
    with pytest.raises(ValueError, match="`--methods` with force: `network"):
        plan_of("force", given={"network": {"neuron": "lif"}})


def test_every_method_tries_as_many_values_around_its_own():
    plan = plan_of("bptt-modes,rate-to-spike,force,spiking-force", candidates=4)
    for contestant in plan.contestants:
        values = plan.values(contestant)
        factor = contestant.searched.factor
        assert len(values) == 4
        assert values[1] in (2e-2, 3e-3, 1.0, 2.0)
        assert [b / a for a, b in pairwise(values)] == pytest.approx([factor] * 3)


def test_nothing_is_tried_where_the_user_sets_it_or_wants_no_search():
    modes, force, *_ = choose("bptt-modes,force")
    plan = plan_of("bptt-modes,force", given={"train": {"learning_rate": 0.01}})
    assert plan.values(modes) == ()
    assert len(plan.values(force)) == 3
    assert plan_of("force", candidates=0).values(force) == ()


def test_what_was_chosen_is_what_networks_learn_with():
    plan = plan_of("bptt-modes,force")
    modes, force, _ = plan.contestants
    assert plan.spec(ComparedCell(modes, 0), 7, 0.06).train.learning_rate == 0.06
    spec = plan.spec(ComparedCell(force, 2), 7, 1.0)
    method = spec.train.build_method()
    assert isinstance(method, Force)
    assert (method.alpha, spec.train.updates, spec.seed) == (1.0, 7, 2)
