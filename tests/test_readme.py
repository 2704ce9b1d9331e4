"""The README's Python runs as it stands."""

import re
from pathlib import Path

import pytest
from brian2 import ms
from spikemodes.models.translation import translate_neuron

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_trains_and_agrees_in_every_spike(capsys: pytest.CaptureFixture[str]):
    exec(BLOCKS[0], {})
    assert capsys.readouterr().out.startswith("20 of 20 trials agree in every spike")


def test_the_example_neuron_has_a_step_program():
    scope: dict = {}
    exec(BLOCKS[1], scope)
    program = translate_neuron(scope["adex"], 0.5 * ms)
    assert program.state == ("v", "w")
    assert set(program.reset.results) == {"v", "w"}
