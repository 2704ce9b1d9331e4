from dataclasses import fields

import pytest
from spikemodes.experiments import parse_spec
from spikemodes.experiments.config.keys_of_options import KEYS, in_keys
from spikemodes.experiments.config.nested_keys import flat
from spikemodes.learning import Recipe


def test_every_key_is_one_and_stands_for_a_field_of_the_recipe():
    known = flat(parse_spec({}).resolved())
    assert all(any(key == k or k.startswith(f"{key}.") for k in known) for key in KEYS.values())
    assert KEYS.keys() <= {field.name for field in fields(Recipe)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lower `learning_rate`.", "Lower `train.learning_rate`."),
        ("set `detach_reset=True`", "set `train.detach_reset=true`"),
        ("a penalty, `FiringRate`.", "`train.rate_penalty` and `train.rate_target`."),
        ("`drive` and surrogate stay", "`drive` and surrogate stay"),
    ],
)
def test_advice_names_keys(text, expected):
    assert in_keys(text) == expected
