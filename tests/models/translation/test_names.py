"""Any name that Brian2 allows is as good as any other."""

import keyword
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

import brian2
import numpy as np
import pytest
import torch
from brian2 import ms
from hypothesis import example, given, settings, strategies as st
from spikemodes.learning import FusedBackend, ReferenceBackend, Twin
from spikemodes.learning.kernels.groups import MODES
from spikemodes.learning.kernels.source import kernel_source
from spikemodes.learning.step.backend import MakeBackend
from spikemodes.learning.three_factor.source import eligibility_source
from spikemodes.models import (
    DoubleExponential,
    ModeNetwork,
    Modes,
    Network,
    NeuronModel,
    Trials,
    simulate,
    translate_neuron,
)
from spikemodes.models.neurons.names import coded, named, require_free
from spikemodes.models.translation.reading import TranslationError
from spikemodes.models.translation.writing import GroupCode

PLACES = ("potential", "slow", "gain", "kick", "inner")
"""Two states, a parameter, a parameter of the reset, a subexpression."""


def neuron(names: Mapping[str, str]) -> NeuronModel:
    """An adapting neuron that uses a name in every place."""
    v, w, g, b, u = (names.get(place, place) for place in PLACES)
    return NeuronModel(
        name="mine",
        equations=(
            f"d{v}/dt = (-{v} + {u} - {w})/tau_m : 1 (unless refractory)\n"
            f"d{w}/dt = -{w}/tau_slow : 1\n"
            f"{u} = {g}*tanh(drive + recurrent) : 1"
        ),
        threshold=f"{v} > 1",
        reset=f"{v} = 0; {w} += {b}",
        refractory="pause",
        method="exponential_euler",
        parameters={"tau_m": 10 * ms, "tau_slow": 30 * ms, g: 4.0, b: 0.3, "pause": 2 * ms},
        initial={v: "0.2"},
    )


def network(model: NeuronModel) -> Network:
    rng = np.random.default_rng(2)
    return ModeNetwork(
        neuron=model,
        filter=DoubleExponential(),
        W_in=rng.normal(1, 1, (8, 2)),
        W_out=rng.normal(size=(1, 8)),
        dt=1 * ms,
        modes=Modes(rng.normal(size=(8, 2)), np.array([1.0, -0.5]), rng.normal(size=(8, 2))),
    )


TRIALS = Trials(np.random.default_rng(3).normal(0.5, 1, (60, 2, 2)), 1 * ms)


def gradients(model: NeuronModel, backend: MakeBackend) -> list[np.ndarray]:
    twin = Twin(network(model), dtype=torch.float64, detach_reset=False, backend=backend)
    twin(torch.from_numpy(TRIALS.inputs)).outputs.square().sum().backward()
    return [p.grad.numpy() for p in twin.parameters() if p.grad is not None]


@cache
def plain_results(backend: MakeBackend) -> tuple[np.ndarray, list[np.ndarray]]:
    spikes = simulate(network(neuron({})), TRIALS, target="numpy").spikes
    assert len(spikes) > 50
    return spikes, gradients(neuron({}), backend)


def agrees_with_plain_names(
    names: Mapping[str, str], backend: MakeBackend = ReferenceBackend
) -> None:
    spikes, expected = plain_results(backend)
    recording = simulate(network(neuron(names)), TRIALS, target="numpy")
    np.testing.assert_array_equal(recording.spikes, spikes)
    for one, other in zip(gradients(neuron(names), backend), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def is_free(name: str) -> bool:
    try:
        require_free([name], ("drive", "recurrent"), "a parameter")
    except ValueError:
        return False
    return True


def words_of_generated_code() -> list[str]:
    """Every identifier of the generated kernels and Brian2 text that a user may choose."""
    model = Twin(network(neuron({})), detach_reset=False).model
    code = GroupCode.of(translate_neuron(neuron({}), 1 * ms))
    text = "\n".join(
        [
            kernel_source(model, groups=MODES, peaks=True).text,
            eligibility_source(model, dtype="float64").text,
            code.declarations,
            code.update,
            code.reset,
        ]
    )
    words = sorted({word for word in re.findall(r"[A-Za-z]\w*", text) if is_free(word)})
    assert {"F", "X", "c0", "select", "awake_", "spike", "active", "n_relay_"} <= set(words)
    return words


def batched(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """One name for each place at a time; the first ones once more at the end."""
    for start in range(0, len(names), len(PLACES)):
        batch = names[start : start + len(PLACES)]
        yield (*batch, *names[: len(PLACES) - len(batch)])


OURS = (
    "n_relay", "n_neurons", "drive_values", "first", "synaptic_weight", "values", "neurons",
    "relay", "release", "peak", "recurrent_rand", "v_1", "c0", "c1", "call0_", "common0_", "x_u",
    "u_u", "potential_1", "slow_u", "noise_sd", "excitation", "np", "numpy", "torch", "double",
    "std", "main", "F", "S", "E", "I", "Q", "O", "beta", "gamma", "zeta",
)  # fmt: skip
"""Names that stand in the code around a model, in C++, or in sympy."""


@pytest.mark.parametrize("names", list(batched(OURS)), ids=" ".join)
def test_names_of_the_program_are_free_to_use(names):
    agrees_with_plain_names(dict(zip(PLACES, names, strict=True)))


def test_all_places_may_have_names_of_the_program_at_once(kernels):
    names: Mapping[str, str] = dict(zip(PLACES, ("c0", "F", "c1", "select", "active"), strict=True))
    agrees_with_plain_names(names)
    agrees_with_plain_names(names, FusedBackend)


letters = string.ascii_letters
short_names = st.text(letters, min_size=1, max_size=2)
long_names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)


@given(name=short_names | long_names, place=st.sampled_from(PLACES))
@example(name="e", place="gain")
@example(name="not_refractory", place="kick")
@example(name="lambda", place="slow")
@example(name="N", place="gain")
@settings(max_examples=12)
def test_a_name_works_or_is_refused_in_one_line(name, place):
    if is_free(name):
        agrees_with_plain_names({place: name})
        return
    with pytest.raises(ValueError, match=re.escape(name)) as refusal:
        translate_neuron(neuron({place: name}), 1 * ms)
    assert "\n" not in str(refusal.value)


@pytest.mark.slow
@pytest.mark.parametrize("shift", range(len(PLACES)))
def test_every_word_of_the_generated_code_may_be_used_in_every_place(shift):
    taken = {*PLACES, "tau_m", "tau_slow", "pause"}
    words = [w for w in words_of_generated_code() if w not in taken]
    for names in batched([w for w in words if not w.endswith(("_pre", "_post"))]):
        agrees_with_plain_names(dict(zip(PLACES, [*names[shift:], *names[:shift]], strict=True)))


@pytest.mark.parametrize(
    "name",
    [
        "pi", "e", "inf", "not_refractory", "lastspike", "t", "dt", "i", "N", "xi", "mV", "volt",
        "exp", "rand", "drive", "recurrent", *keyword.kwlist[:5], "_x",
    ],
)  # fmt: skip
def test_what_brian2_reserves_is_no_parameter(name):
    model = replace(neuron({}), parameters={**neuron({}).parameters, name: 1.0})
    with pytest.raises(ValueError, match=rf"`{re.escape(name)}` must be .*Choose another name"):
        translate_neuron(model, 1 * ms)


def test_a_parameter_is_no_variable_of_the_equations():
    model = neuron({"gain": "slow"})
    with pytest.raises(TranslationError, match="`slow` must be a parameter or a variable"):
        translate_neuron(model, 1 * ms)


def test_the_names_of_a_model_come_back_from_generated_code():
    for name in ("v", "v_u", "F", "x_1"):
        assert named(coded(name)) == name
        assert brian2.Equations.check_identifier(coded(name)) is None
