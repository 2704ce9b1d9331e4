import numpy as np
import pytest
from brian2 import ms
from spikemodes.experiments.stress.battery import BATTERY, GROUPS, choose, parse_levels
from spikemodes.models.conditions import Delays, Lesion


def test_every_sweep_starts_undisturbed_and_rises_to_one():
    for sweep in BATTERY.values():
        assert sweep.values[0] == sweep.undisturbed
        assert len(sweep.values) == 5
        shares = [sweep.normalised(value) for value in sweep.values]
        assert shares[0] == 0
        assert shares[-1] == 1
        assert (np.diff(shares) > 0).all()
        for value in sweep.values:
            sweep.at(value)


def test_every_condition_is_in_one_group():
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(BATTERY)


def test_conditions_can_be_combined_level_by_level():
    levels = dict([parse_levels("delays=2,6"), parse_levels("lesion=0.1,0.3")])
    chosen = choose(["delays+lesion", "delays"], levels)
    both = chosen["delays+lesion"]
    assert both.values == (0, 0.5, 1)
    assert [both.named(v) for v in both.values] == [
        "delays 0, lesion 0", "delays 2, lesion 0.1", "delays 6, lesion 0.3",
    ]  # fmt: skip
    delays, lesion = both.at(0.5)
    assert (delays, lesion) == (Delays(2 * ms), Lesion(0.1))
    assert both.draws
    assert chosen["delays"].values == (0, 2, 6)
    assert len(choose(["heterogeneity+conductances"], {})["heterogeneity+conductances"].values) == 5


def test_conditions_and_levels_can_be_chosen():
    chosen = choose(["delays", "lesion"], dict([parse_levels("delays=12,4")]))
    assert list(chosen) == ["delays", "lesion"]
    assert chosen["delays"].values == (0, 4, 12)
    assert list(choose([], {})) == list(BATTERY)


@pytest.mark.parametrize(
    ("names", "levels", "message"),
    [
        (["delay"], [], "must be one of .*got 'delay'. Did you mean delays"),
        (
            ["lesion"],
            ["lesion=0.2,1.5"],
            "`dead` of the condition lesion must be from 0 to",
        ),
        (["lesion"], ["delays=3"], "`--levels` must name a condition that is to run: got delays"),
        ([], ["delays"], "`--levels` must be CONDITION=LEVEL"),
        (["delays+delays"], [], "`--conditions` must combine different conditions: got delays"),
        (["delays+lesions"], [], "got 'lesions'. Did you mean lesion"),
        (["delays+lesion"], ["delays=3"], "as many levels each: got delays 2, lesion 5"),
        ([], ["delays=5 ms"], "`--levels` must be CONDITION=LEVEL"),
    ],
)
def test_a_bad_choice_is_refused(names, levels, message):
    with pytest.raises(ValueError, match=message):
        choose(names, dict(map(parse_levels, levels)))
