"""The fused kernels against autograd through the reference step."""

import ast
import sys
from dataclasses import replace
from functools import partial

import mpmath
import numba
import numpy as np
import pytest
import sympy
import torch
from brian2 import ms, mV
from hypothesis import HealthCheck, Phase, assume, given, settings, strategies as st
from neurons import SATURATING
from spikemodes.learning import (
    ATan,
    AtThreshold,
    FusedBackend,
    ReferenceBackend,
    Triangular,
    Twin,
)
from spikemodes.learning.kernels.cache import load_kernels
from spikemodes.learning.kernels.groups import MODES
from spikemodes.learning.kernels.layout import by_trial
from spikemodes.learning.kernels.neuron_lines import NeuronLines, assignment_line, code
from spikemodes.learning.kernels.source import kernel_source
from spikemodes.learning.step.backend import MakeBackend, SpikeOnset
from spikemodes.learning.step.functions import NAMESPACE
from spikemodes.learning.step.random import drawn_from
from spikemodes.models import (
    CONDUCTANCES,
    LIF,
    AdaptiveLIF,
    AdEx,
    BiasedLIF,
    ConductanceLIF,
    ContinuousDoubleExponential,
    ContinuousLIF,
    ContinuousSingleExponential,
    NeuronModel,
    PeakReadout,
    SingleExponential,
    TraceReadout,
    Trials,
    continuous,
    to_dense,
)

pytestmark = [  # numpy's single numbers warn where compiled ones do not
    pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning"),
]


def passed(network, trials, backend: MakeBackend, *, stop_transmission=False, **options):
    """Outputs, spike counts and the gradient of every parameter of a random smooth loss."""
    twin = Twin(network, backend=backend, **{"dtype": torch.float64, **options})
    inputs = torch.from_numpy(trials.inputs)
    with drawn_from(5):
        response = twin(inputs, stop_transmission=stop_transmission)
    rng = np.random.default_rng(0)
    counts = response.activity.spike_counts
    weights = torch.from_numpy(rng.normal(size=response.outputs.shape)).to(counts)
    costs = torch.from_numpy(rng.normal(size=counts.shape)).to(counts)
    ((response.outputs * weights).sum() + (counts * costs).sum()).backward()
    gradients = {name: p.grad for name, p in twin.named_parameters() if p.grad is not None}
    return response.outputs.detach(), counts.detach(), gradients


def agree(
    network,
    trials,
    *,
    gradient=1e-9,
    output=1e-12,
    backend: MakeBackend = FusedBackend,
    **options,
):
    """Both backends give the same spikes, and the same gradients up to `gradient`, relative."""
    outputs, counts, found = passed(network, trials, backend, **options)
    expected_outputs, expected_counts, expected = passed(
        network, trials, ReferenceBackend, **options
    )
    assert expected_counts.sum() > 10
    assert torch.equal(counts, expected_counts)
    torch.testing.assert_close(outputs, expected_outputs, rtol=0, atol=output)
    assert found.keys() == expected.keys()
    for name, wanted in expected.items():
        size = wanted.abs().max()
        assert size > 0, name
        assert (found[name] - wanted).abs().max() <= gradient * size, name


def watched(network):
    """Read out every neuron's filtered train, so that equal outputs are equal spikes."""
    return replace(network, W_out=np.vstack([np.eye(network.n_neurons), network.W_out]))


def own_filters(network):
    """With dense weights, whose filters decay in different times."""
    times = {"tau_decay": np.linspace(10, 50, network.n_neurons) * ms}
    filter_ = replace(network.filter, parameters={**network.filter.parameters, **times})
    return replace(to_dense(network), filter=filter_)


RESTLESS = replace(
    SATURATING,
    name="restless",
    equations="dv/dt = (tanh(3*(drive + recurrent)) - v)/tau : 1 (unless refractory)\n"
    "du/dt = -u/tau : 1",
    reset="v = 0; u = 1",
    refractory="u > 0.7",
)
"""Refractory while a condition holds."""

GATED = NeuronModel(
    name="gated",
    equations=(
        "dv/dt = (drive + recurrent + m + rate/5 - v)/tau : 1\n"
        "dm/dt = (1/(1 + exp((theta - v)/width)) - m)/tau : 1\n"
        "rate = exprel(2*(v - theta)) + sqrt(1 + v**2) : 1"
    ),
    parameters={"tau": 10 * ms, "theta": 0.5, "width": 0.002},
    threshold="v > 1",
    reset="v = 0",
    method="euler",
)
"""A gate so steep that exp overflows single precision far from its half-activation."""

SHUNTED = NeuronModel(
    name="shunted",
    equations=(
        "dv/dt = ((1 + drive)*excitation**2 + drive - (1 + inhibition*excitation)*v)/tau : 1"
        " (unless refractory)"
    ),
    parameters={"tau": 10 * ms, "refractory": 2 * ms},
    threshold="v > 0.3",
    reset="v = 0",
    refractory="refractory",
    method="euler",
    inputs=CONDUCTANCES,
)
"""Its adjoint needs all of its inputs."""

HODGKIN_HUXLEY = NeuronModel(
    name="Hodgkin-Huxley",
    equations=(
        "dv/dt = g_L*(E_L - v) + g_Na*m**3*h*(E_Na - v) + g_K*n**4*(E_K - v) + current : volt\n"
        "dm/dt = 0.32*(13 - x)/(exp((13 - x)/4) - 1)/ms*(1 - m)"
        " - 0.28*(x - 40)/(exp((x - 40)/5) - 1)/ms*m : 1\n"
        "dh/dt = 0.128*exp((17 - x)/18)/ms*(1 - h) - 4/(1 + exp((40 - x)/5))/ms*h : 1\n"
        "dn/dt = 0.032*(15 - x)/(exp((15 - x)/5) - 1)/ms*(1 - n)"
        " - 0.5*exp((10 - x)/40)/ms*n : 1\n"
        "x = v/mV + 63 : 1\n"
        "current = 40*mV/ms*(drive + recurrent) : volt/second"
    ),
    parameters={
        "g_L": 0.05 / ms, "g_Na": 100 / ms, "g_K": 30 / ms,
        "E_L": -60 * mV, "E_Na": 50 * mV, "E_K": -90 * mV,
    },
    threshold="v > -20*mV",
    reset="",
    refractory="v > -20*mV",
    initial={"v": "E_L", "h": "1", "m": "1/20"},
    method="exponential_euler",
    scale="E_Na - E_L",
)  # fmt: skip
"""Of fractions, powers and quotients that have no value at one potential (Traub & Miles 1991, as in
Brian2's examples)."""

NOISY = NeuronModel(
    name="noisy",
    equations="dv/dt = (drive + recurrent - v)/tau + 0.3*xi*tau**-0.5 : 1 (unless refractory)",
    update="strength = randn()\nv = v + 0.4*tanh(v*strength)*int(rand() > 0.3) + 0.1*randn()",
    parameters={"tau": 10 * ms, "refractory": 2 * ms},
    threshold="v > 0.5",
    reset="v = 0",
    refractory="refractory",
    method="euler",
)
"""Four random numbers, of which its adjoint has to draw two again."""

LIBRARY = {
    neuron.name: neuron
    for neuron in (LIF(), ContinuousLIF(), BiasedLIF(), AdaptiveLIF(), AdEx(), ConductanceLIF())
}

NETWORKS = {
    "double exponential": lambda draw, neurons: draw(),
    "single exponential": lambda draw, neurons: draw(filter=SingleExponential()),
    "full scores": lambda draw, neurons: draw(full=True),
    "dense": lambda draw, neurons: to_dense(draw()),
    "dense single": lambda draw, neurons: to_dense(draw(filter=SingleExponential())),
    "continuous": lambda draw, neurons: continuous(draw()),
    "continuous euler": lambda draw, neurons: draw(
        ContinuousLIF(method="euler"), ContinuousDoubleExponential()
    ),
    "continuous single": lambda draw, neurons: draw(filter=ContinuousSingleExponential()),
    "no refractoriness": lambda draw, neurons: draw(LIF(refractory=0 * ms)),
    "AdEx": lambda draw, neurons: draw(neurons["AdEx"], dt=1 * ms),
    "AdEx euler": lambda draw, neurons: draw(neurons["AdEx euler"], dt=1 * ms),
    "everything": lambda draw, neurons: draw(neurons["everything"], dt=1 * ms),
    "heterogeneous": lambda draw, neurons: draw(
        LIF(np.linspace(8, 30, 8) * ms, refractory=np.arange(0, 16, 2) * ms).with_parameters(
            v_threshold=np.linspace(0.8, 1.2, 8), v_reset=np.linspace(-0.2, 0.2, 8)
        )
    ),
    "saturating": lambda draw, neurons: draw(SATURATING),
    "restless": lambda draw, neurons: draw(RESTLESS),
    "gated": lambda draw, neurons: draw(GATED),
    "saturating dense": lambda draw, neurons: to_dense(draw(SATURATING)),
    "conductances": lambda draw, neurons: draw(ConductanceLIF()),
    "conductances dense": lambda draw, neurons: to_dense(draw(ConductanceLIF())),
    "conductances peak": lambda draw, neurons: draw(ConductanceLIF(), readout=PeakReadout()),
    "shunted": lambda draw, neurons: draw(SHUNTED),
    "own filters": lambda draw, neurons: own_filters(draw()),
    "own filters, single": lambda draw, neurons: own_filters(draw(filter=SingleExponential())),
    "own filters, continuous": lambda draw, neurons: own_filters(continuous(draw())),
    "own filters, conductances": lambda draw, neurons: own_filters(draw(ConductanceLIF())),
    "own filters, peak": lambda draw, neurons: own_filters(draw(readout=PeakReadout())),
    "peak": lambda draw, neurons: draw(readout=PeakReadout()),
    "peak single": lambda draw, neurons: draw(filter=SingleExponential(), readout=PeakReadout()),
    "noisy": lambda draw, neurons: draw(NOISY),
    "noisy, peak": lambda draw, neurons: to_dense(draw(NOISY, readout=PeakReadout())),
    "noisy, own filters": lambda draw, neurons: own_filters(draw(BiasedLIF(noise=0.3))),
    "peak dense": lambda draw, neurons: to_dense(draw(readout=PeakReadout())),
}


@pytest.mark.parametrize(
    "kernels", ["interpreted", pytest.param("compiled", marks=pytest.mark.slow)], indirect=True
)
@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_kernels_give_the_spikes_and_gradients_of_the_reference_step(
    make, kernels, draw_network, draw_trials, neurons
):
    network = watched(make(draw_network, neurons))
    agree(network, draw_trials(dt=network.dt, strength=1.5), detach_reset=False)


@pytest.mark.parametrize("name", ["double exponential", "AdEx", "everything", "peak"])
def test_kernels_agree_where_the_reset_is_detached(
    name, kernels, draw_network, draw_trials, neurons
):
    network = watched(NETWORKS[name](draw_network, neurons))
    agree(network, draw_trials(dt=network.dt, strength=1.5), detach_reset=True)


def test_detaching_the_reset_changes_the_gradient(kernels, draw_network, draw_trials):
    with_reset = passed(draw_network(), draw_trials(), FusedBackend)[2]["W_in"]
    without = passed(draw_network(), draw_trials(), FusedBackend, detach_reset=True)[2]["W_in"]
    assert not torch.allclose(with_reset, without)


class _Shifted:
    """A centre half a unit below threshold."""

    def of(self, program, dt):
        return SpikeOnset(below=0.5 * program.scale, width=0.8 * program.scale)


@pytest.mark.parametrize("name", ["AdEx", "everything"])
@pytest.mark.parametrize("capped", [False, True])
def test_kernels_agree_on_onset_cap_and_height(
    name, capped, kernels, draw_network, draw_trials, neurons
):
    network = watched(NETWORKS[name](draw_network, neurons))
    options = {"centre": _Shifted(), "capped": capped, "height": 0.7}
    agree(network, draw_trials(dt=network.dt, strength=1.5), **options)


def test_the_cap_changes_the_gradient_of_an_upswing_alone(
    kernels, draw_network, draw_trials, neurons
):
    for name, changes in (("AdEx", True), ("double exponential", False)):
        network = NETWORKS[name](draw_network, neurons)
        trials = draw_trials(dt=network.dt, strength=1.5)
        *_, free = passed(network, trials, FusedBackend, capped=False)
        *_, capped = passed(network, trials, FusedBackend, capped=True)
        assert any((free[key] != capped[key]).any() for key in free) == changes


def test_a_neuron_without_reset_forgets_what_is_beyond_its_onset(
    kernels, draw_network, draw_trials
):
    neuron = NeuronModel(
        name="no reset",
        equations="dv/dt = (drive + recurrent - v)/(5*ms) : 1",
        method="euler",
        threshold="v > 1",
        reset="",
        refractory="v > 0.5",
    )
    network, trials = draw_network(neuron), draw_trials(strength=3.0)
    agree(network, trials, centre=_Shifted())
    *_, there = passed(network, trials, FusedBackend, centre=_Shifted())
    *_, without = passed(network, trials, FusedBackend, centre=AtThreshold())
    assert any((there[key] != without[key]).any() for key in there)


@pytest.mark.parametrize("surrogate", [ATan(), Triangular()], ids=["atan", "triangular"])
def test_kernels_agree_for_any_surrogate(surrogate, kernels, draw_network, draw_trials):
    agree(watched(draw_network()), draw_trials(), surrogate=surrogate)


@pytest.mark.parametrize("readout", [None, PeakReadout()], ids=["trace", "peak"])
def test_kernels_agree_at_a_finer_step_than_that_of_the_trials(
    readout, kernels, draw_network, draw_trials
):
    network = watched(continuous(draw_network(readout=readout)))
    agree(network, draw_trials(30), dt=0.5 * ms)


@pytest.mark.parametrize("name", ["double exponential", "conductances", "own filters", "noisy"])
def test_single_precision_agrees_where_the_spikes_are_equal(
    name, kernels, draw_network, draw_trials, neurons
):
    options = {"gradient": 1e-5, "output": 1e-6, "dtype": torch.float32}
    agree(watched(NETWORKS[name](draw_network, neurons)), draw_trials(40), **options)


@pytest.mark.parametrize("detach_reset", [False, True])
def test_overflow_on_the_way_leaves_gradients_in_single_precision_finite(
    detach_reset, kernels, draw_network, draw_trials, neurons
):
    sharp = neurons["AdEx euler"].with_parameters(D_T=0.1 * mV)
    for neuron in (GATED, sharp):
        network = draw_network(neuron, dt=1 * ms)
        options = {"dtype": torch.float32, "detach_reset": detach_reset}
        for backend in (FusedBackend, ReferenceBackend):
            _, counts, gradients = passed(
                network, draw_trials(30, dt=1 * ms, strength=4.0), backend, **options
            )
            assert counts.sum() > 10
            for gradient in gradients.values():
                assert gradient.isfinite().all()
                assert gradient.abs().max() > 0


ROOTS = replace(
    GATED,
    name="roots",
    equations=(
        "dv/dt = (drive + recurrent + clip(drive, 0, inf)**0.7 - sqrt(w) - v)/tau : 1\n"
        "dw/dt = -w/tau : 1"
    ),
    reset="v = 0; w += 0.1",
    parameters={"tau": 10 * ms},
)


def test_infinite_slopes_pass_no_gradient(kernels, draw_network, draw_trials):
    """Powers of what is clipped, and roots of a trace that starts at 0."""
    network = watched(draw_network(ROOTS, dt=1 * ms))
    agree(network, draw_trials(dt=1 * ms, strength=3.0), detach_reset=False)


def test_single_precision_overflows_where_numbers_do_and_not_before(draw_network, draw_trials):
    text = "dv/dt = (3*log(1 + exp(50*(drive + recurrent)))/50 - v)/tau : 1"
    softplus = replace(GATED, equations=text, parameters={"tau": 10 * ms})
    network, trials = draw_network(softplus, dt=1 * ms), draw_trials(dt=1 * ms, strength=0.7)
    counts = [passed(network, trials, ReferenceBackend, dtype=d)[1].sum() for d in DTYPES]
    assert counts[0] > 30
    assert counts[0] == counts[1]


DTYPES = (torch.float32, torch.float64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_slope_of_exprel_does_not_cancel_near_0(dtype):
    small = torch.tensor([0, 1e-30, 1e-8, 1e-4, -1e-4, 1e-3, 0.1, -0.5], dtype=dtype)
    large = torch.tensor([0.999, 1.0, -1.5, 20, -50], dtype=dtype)
    x = torch.cat([small, large]).requires_grad_()
    NAMESPACE["exprel"](x).sum().backward()
    exact = [float(mpmath_slope(float(value))) for value in x.detach()]
    assert x.grad is not None
    torch.testing.assert_close(
        x.grad.double(),
        torch.tensor(exact, dtype=torch.float64),
        rtol=4 * torch.finfo(dtype).eps,
        atol=0,
    )


def mpmath_slope(x):
    with mpmath.workdps(200):
        x = mpmath.mpf(x)
        return ((x - 1) * mpmath.exp(x) + 1) / x**2 if x else mpmath.mpf(1) / 2


@pytest.mark.parametrize(
    "kernels", ["interpreted", pytest.param("compiled", marks=pytest.mark.slow)], indirect=True
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nor_does_that_of_kernels(dtype, kernels, draw_network):
    source = kernel_source(Twin(draw_network(GATED)).model, groups=MODES, peaks=False, dtype=dtype)
    slope = vars(sys.modules[load_kernels(source).directory.name])["exprel_slope"]
    number = np.dtype(dtype).type
    for x in (0, 1e-30, 1e-8, 1e-4, -1e-4, 1e-3, 0.1, -0.5, 0.999, 1.0, -1.5, 20, -50):
        exact = float(mpmath_slope(float(number(x))))
        assert slope(number(x)) == pytest.approx(exact, rel=4 * float(np.finfo(dtype).eps))


OWN = (SATURATING, RESTLESS, GATED, SHUNTED, HODGKIN_HUXLEY, NOISY)
NUMBERS = {**LIBRARY, **{n.name: n for n in OWN}}


def model_of(neuron, draw_network):
    """The step of a network of such neurons."""
    network = draw_network(neuron, dt=0.05 * ms if neuron is HODGKIN_HUXLEY else 2 * ms)
    if len(neuron.inputs) > 2:
        network = to_dense(network)
    return Twin(network, backend=ReferenceBackend, detach_reset=False).model


@pytest.mark.parametrize("neuron", NUMBERS.values(), ids=NUMBERS)
def test_no_number_stands_bare_among_those_of_a_kernel(neuron, draw_network):
    """It would be of double precision, and so would be whatever is computed with it."""
    model = model_of(neuron, draw_network)
    lines = NeuronLines(model)
    text = [
        *lines.common("float32", "float32")["surrogate"].splitlines(),
        *map(assignment_line, (*model.neuron.update.assignments, *model.neuron.reset.assignments)),
        *lines.through_threshold({name: f"{name}_after_" for name in model.neuron.state}),
        *lines.through_update(),
    ]
    assert len(text) > 10
    for line in text:
        assert not list(bare_numbers(ast.parse(line))), line


def bare_numbers(node):
    """Numbers that are neither made one of the kernel's nor an index."""
    if isinstance(node, ast.Constant):
        yield node.value
    elif not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "F"):
        for child in ast.iter_child_nodes(node):
            if not isinstance(node, ast.Subscript) or child is not node.slice:
                yield from bare_numbers(child)


@pytest.mark.slow
@pytest.mark.parametrize("neuron", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("kernels", ["compiled"], indirect=True)
def test_a_kernel_of_single_precision_computes_nothing_in_double(
    neuron, kernels, draw_network, draw_trials, tmp_path, monkeypatch
):
    monkeypatch.setenv("SPIKEMODES_CACHE", str(tmp_path))  # of code on disk, numba has no text
    network = draw_network(neuron, dt=0.05 * ms if neuron is HODGKIN_HUXLEY else 2 * ms)
    twin = Twin(to_dense(network) if len(neuron.inputs) > 2 else network, backend=FusedBackend)
    twin(torch.from_numpy(draw_trials(3).inputs).float()).outputs.sum().backward()
    assert isinstance(twin.backend, FusedBackend)
    (compiled,) = twin.backend._kernels.values()
    for name, function in compiled.functions.items():
        (code_of_machine,) = function.inspect_llvm().values()  # pyright: ignore
        doubled = [line for line in code_of_machine.splitlines() if "double" in line]
        arguments = [line for line in doubled if "@PyFloat_AsDouble" in line or "fptrunc" in line]
        assert doubled == arguments, name


def test_numbers_of_kernels_have_the_precision_of_kernels():
    x = sympy.Symbol("x", real=True)
    third, pi = "F(0.3333333333333333)", "F(3.141592653589793)"
    assert code(x / 3 + sympy.pi * x**2) == f"{pi}*((x)*(x)) + ({third})*x"


SHAPES = {
    "modes": lambda network: network,
    "dense": to_dense,
    "continuous": continuous,
    "continuous dense": lambda network: to_dense(continuous(network)),
    "conductances": lambda network: replace(network, neuron=ConductanceLIF()),
    "own filters": lambda network: own_filters(network),
}


@pytest.mark.parametrize("n_neurons", [3, 5, 11])
@pytest.mark.parametrize("make", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("readout", [TraceReadout(), PeakReadout()], ids=["trace", "peak"])
def test_neurons_need_not_fill_whole_groups(
    readout, make, n_neurons, kernels, draw_network, draw_trials
):
    network = make(draw_network(n_neurons=n_neurons, readout=readout))
    agree(watched(network), draw_trials(80, strength=6.0))


@pytest.mark.parametrize("n_neurons", [8, 11])
@pytest.mark.parametrize("make", SHAPES.values(), ids=SHAPES)
def test_gradients_stop_where_spikes_reach_other_neurons(
    make, n_neurons, kernels, draw_network, draw_trials
):
    network, trials = make(draw_network(n_neurons=n_neurons)), draw_trials(strength=3.0)
    agree(watched(network), trials, stop_transmission=True)


def test_a_trial_more_or_less_makes_no_difference(kernels, draw_network, draw_trials):
    for n_trials in (1, 2, 5):
        agree(watched(draw_network()), draw_trials(40, n_trials))


@pytest.mark.parametrize(
    "name",
    [
        *("double exponential", "dense", "AdEx", "everything", "peak", "heterogeneous"),
        *("conductances", "own filters, peak", "noisy", "noisy, own filters"),
    ],
)
@pytest.mark.parametrize("budget", [1, 7000], ids=["one step a chunk", "some steps a chunk"])
def test_recomputing_in_chunks_changes_nothing(
    name, budget, kernels, draw_network, draw_trials, neurons
):
    network = watched(NETWORKS[name](draw_network, neurons))
    trials = draw_trials(41, dt=network.dt, strength=1.5)
    outputs, counts, whole = passed(network, trials, FusedBackend)
    chunked = passed(network, trials, partial(FusedBackend, memory_budget=budget))
    assert torch.equal(chunked[0], outputs)
    assert torch.equal(chunked[1], counts)
    for key, gradient in whole.items():
        torch.testing.assert_close(chunked[2][key], gradient, rtol=1e-12, atol=1e-12)


def test_chunks_hold_whole_steps_of_the_trials(kernels, draw_network, draw_trials):
    network = watched(continuous(draw_network()))
    agree(
        network,
        draw_trials(20),
        dt=0.5 * ms,
        backend=partial(FusedBackend, memory_budget=4000),
    )


def test_gradients_do_not_depend_on_the_number_of_threads(kernels, draw_network, draw_trials):
    network, trials = watched(draw_network()), draw_trials(40, 24, strength=3.0)
    before, found = numba.get_num_threads(), []
    if before < 2:
        pytest.skip("needs two threads")
    try:
        for n_threads in (1, 2):
            numba.set_num_threads(n_threads)
            found.append(passed(network, trials, FusedBackend, dtype=torch.float32)[2])
    finally:
        numba.set_num_threads(before)
    for name, gradient in found[0].items():
        assert gradient.abs().max() > 0
        assert torch.equal(gradient, found[1][name])


@pytest.mark.parametrize("substeps", [1, 4])
@pytest.mark.parametrize("scale", [None, 0.7], ids=["events", "numbers"])
def test_many_channels_of_which_some_are_silent(scale, substeps, kernels, draw_network):
    rng = np.random.default_rng(0)
    network = draw_network()
    network = watched(replace(network, W_in=rng.normal(size=(network.n_neurons, 40))))
    lit = rng.random((30, 3, 40)) < np.array([0, 0.1, 0.4])[rng.integers(3, size=(3, 40))]
    lit[5:9] = False
    lit[:, 1] = False  # a trial without any input
    trials = Trials(lit if scale is None else scale * lit, network.dt)
    agree(network if substeps == 1 else continuous(network), trials, dt=network.dt / substeps)


def test_events_reach_the_kernels_as_bytes():
    events = torch.tensor([[[True, False]], [[False, False]]])
    weights = torch.ones(3, 2)
    assert by_trial(events, weights).dtype == np.uint8
    assert by_trial(events.double(), weights).dtype == np.float32


@pytest.mark.parametrize("budget", [1, 1e9], ids=["chunks", "whole"])
def test_passes_under_way_at_once_do_not_mix(budget, kernels, draw_network, draw_trials):
    backend = partial(FusedBackend, memory_budget=budget)
    twin = Twin(draw_network(), dtype=torch.float64, backend=backend)

    def gradient(loss):
        return torch.autograd.grad(loss, twin.W_in)[0]

    def loss(seed):
        return twin(torch.from_numpy(draw_trials(seed=seed).inputs)).outputs.square().sum()

    alone = [gradient(loss(seed)) for seed in (1, 2)]
    first, second = loss(1), loss(2)
    together = [gradient(first), gradient(second)]
    assert torch.equal(alone[0], together[0])
    assert torch.equal(alone[1], together[1])


def test_weights_changed_before_the_adjoint_do_not_matter(kernels, draw_network, draw_trials):
    network = draw_network(SATURATING, n_modes=1)
    network = replace(network, W_in=network.W_in[:, :1])  # one column: rows and columns look alike
    inputs = torch.from_numpy(draw_trials().inputs[..., :1].copy())

    def gradient(change):
        twin = Twin(network, dtype=torch.float64)
        loss = twin(inputs).outputs.square().sum()
        for parameter in twin.parameters():
            parameter.data *= change
        loss.backward()
        assert twin.W_in.grad is not None
        return twin.W_in.grad

    assert torch.equal(gradient(1), gradient(5))


@pytest.mark.parametrize("budget", [1, 1e9], ids=["chunks", "whole"])
def test_a_second_backward_pass_is_right_or_refused(budget, kernels, draw_network, draw_trials):
    backend = partial(FusedBackend, memory_budget=budget)
    twin = Twin(draw_network(), dtype=torch.float64, backend=backend)
    inputs = torch.from_numpy(draw_trials().inputs)
    loss = twin(inputs).outputs.square().sum()
    first = torch.autograd.grad(loss, twin.W_in, retain_graph=True)[0]
    other = twin(inputs.flip(0)).outputs.square().sum()
    torch.autograd.grad(other, twin.W_in)
    try:
        second = torch.autograd.grad(loss, twin.W_in)[0]
    except RuntimeError:
        return
    assert torch.equal(first, second)


def test_running_without_gradients_gives_the_same_outputs(kernels, draw_network, draw_trials):
    twin = Twin(draw_network(), dtype=torch.float64)
    inputs = torch.from_numpy(draw_trials().inputs)
    with torch.no_grad():
        silent = twin(inputs).outputs
    assert torch.equal(silent, twin(inputs).outputs)


def test_frozen_parameters_get_no_gradient_and_do_not_disturb(kernels, draw_network, draw_trials):
    def gradients(frozen):
        twin = Twin(draw_network(), dtype=torch.float64)
        twin.get_parameter(frozen).requires_grad_(False)
        twin(torch.from_numpy(draw_trials().inputs)).outputs.square().sum().backward()
        return {name: p.grad for name, p in twin.named_parameters() if p.grad is not None}

    first, second = gradients("W_in"), gradients("recurrent.xi_in")
    assert "W_in" not in first
    assert "recurrent.xi_in" not in second
    assert torch.equal(first["recurrent.scores"], second["recurrent.scores"])


LEAKS = (
    "-v", "-v + 0.3*v**2", "tanh(v) - 1.5*v", "-sin(v)", "exp(-v**2) - v", "-v/(1 + v**2)",
    "-v + 0.4*exp((v - 1)/0.5)", "-clip(v, -1, 1)", "-v*sqrt(1 + v**2)", "-abs(v)*v - 0.1*v",
    "log(1 + v**2) - v", "-arctan(v) + 0.2*int(v > 0.3)",
)  # fmt: skip
SLOW = (None, "(0.5*v - u)/tau_u", "(tanh(v) - u)/tau_u", "(v**2 - u)/tau_u", "-u*(1 + v)/tau_u")
COUPLINGS = ("- u", "- u*v", "+ 0.5*tanh(u)", "- 0.3*u**2")
THRESHOLDS = ("v > theta", "v >= theta", "v > theta + 0.2*u", "v - u**2 > theta", "theta < v")
RESETS = ("v = v_r", "v -= theta", "v = v_r + 0.1*u\nu += b", "u *= 0.5\nv = 0.3*v", "v = v_r*v")


SLOW_AND_SHARED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@st.composite
def user_models(draw):
    """Neurons from a small grammar of equations."""
    slow = draw(st.sampled_from(SLOW))
    coupling = draw(st.sampled_from(COUPLINGS))
    flag = draw(st.sampled_from(["", " (unless refractory)"]))
    leak = draw(st.sampled_from(LEAKS))
    return NeuronModel(
        name="random",
        equations=(
            f"dv/dt = ({leak} {coupling} + drive + recurrent)/tau : 1{flag}\n"
            + (f"du/dt = {slow} : 1" if slow else "u : 1")
        ),
        parameters={
            "tau": draw(st.sampled_from([2.0, 3.5, 10.0])) * ms, "tau_u": 15 * ms, "b": 0.1,
            "theta": draw(st.sampled_from([0.3, 0.6, 0.9])),
            "v_r": draw(st.sampled_from([-0.5, -0.1, 0.05])),
            "refractory": draw(st.integers(0, 3)) * ms,
        },
        method="euler",
        initial=draw(st.sampled_from([{}, {"v": "v_r", "u": "b"}])),
        threshold=draw(st.sampled_from(THRESHOLDS)),
        reset=draw(st.sampled_from(RESETS)),
        refractory=draw(st.sampled_from(["", "refractory"])),
        scale=draw(st.sampled_from(["1", "theta - v_r"])),
    )  # fmt: skip


@given(neuron=user_models(), detach_reset=st.booleans(), dense=st.booleans())
@settings(max_examples=12, phases=[Phase.generate], suppress_health_check=SLOW_AND_SHARED)
def test_kernels_agree_for_neurons_nobody_has_written_yet(
    kernels, draw_network, draw_trials, neuron, detach_reset, dense
):
    network = watched(draw_network(neuron, dt=1 * ms))
    network = network.with_modes(network.modes.scaled(np.full(2, 0.3)))
    trials = draw_trials(30, 2, dt=1 * ms, strength=2.0)
    run = Twin(network, dtype=torch.float64).record(trials, ("v", "u"))
    assume(max(np.abs(values).max() for values in run.states.values()) < 100)  # it does not explode
    assume(len(run.spikes) > 10)
    agree(to_dense(network) if dense else network, trials, detach_reset=detach_reset)


def test_trials_without_a_spike_give_finite_gradients(kernels, draw_network):
    twin = Twin(draw_network(), dtype=torch.float64)
    trials = Trials(np.zeros((10, 1, 3)), 2 * ms)
    response = twin(torch.from_numpy(trials.inputs))
    assert not response.activity.spike_counts.any()
    response.outputs.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in twin.parameters() if p.grad is not None)
