import numpy as np
import pytest
from spikemodes.experiments.stress.battery import BATTERY, GROUPS, choose, parse_levels


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
        ([], ["delays=5 ms"], "`--levels` must be CONDITION=LEVEL"),
    ],
)
def test_a_bad_choice_is_refused(names, levels, message):
    with pytest.raises(ValueError, match=message):
        choose(names, dict(map(parse_levels, levels)))
