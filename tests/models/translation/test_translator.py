from functools import partial

import numpy as np
import pytest
from brian2 import (
    Network,
    NeuronGroup,
    SpikeMonitor,
    TimedArray,
    ms,
)  # fmt: skip
from spikemodes.models import (
    LIF,
    AdaptiveLIF,
    AdEx,
    ConductanceLIF,
    ContinuousLIF,
    DoubleExponential,
    ModeNetwork,
    Modes,
    NeuronModel,
    Trials,
    simulate,
    translate_neuron,
)
from spikemodes.models.brian_state import brian_runtime
from spikemodes.models.neurons.names import coded
from spikemodes.models.translation.reading import TranslationError, native_group
from spikemodes.models.translation.translator import translate
from spikemodes.models.translation.writing import GroupCode

N = 6


def test_the_same_model_is_translated_once():
    """By content: conditions make their neurons anew each time."""
    first = translate_neuron(AdaptiveLIF(b=0.15), 2 * ms)
    assert translate_neuron(AdaptiveLIF(b=0.15), 2 * ms) is first
    assert translate_neuron(AdaptiveLIF(b=0.16), 2 * ms) is not first
    assert translate_neuron(AdaptiveLIF(b=0.15), 1 * ms) is not first
    filtered = translate(DoubleExponential(), 2 * ms)
    assert translate(DoubleExponential(), 2 * ms) is filtered
    assert translate(DoubleExponential(3 * ms), 2 * ms) is not filtered


NEURONS = (
    "LIF", "LIF without refractoriness", "ContinuousLIF exact", "ContinuousLIF euler",
    "ContinuousLIF exponential_euler", "AdEx", "AdEx euler", "everything",
)  # fmt: skip


def drive(n_steps=150):
    rng = np.random.default_rng(3)
    return rng.normal(2.0, 3.0, size=(n_steps, N)) * np.linspace(0.1, 1.2, N)


def uncoupled(neuron, n=N):
    return ModeNetwork(
        neuron=neuron,
        filter=DoubleExponential(),
        W_in=np.eye(n),
        W_out=np.zeros((1, n)),
        dt=1 * ms,
        modes=Modes(np.zeros((n, 1)), np.zeros(1), np.zeros((n, 1))),
    )


def ours(neuron, values, **options):
    trials = Trials(values[:, None, :], 1 * ms)
    return simulate(uncoupled(neuron, values.shape[1]), trials, target="numpy", **options)


def spikes_of_brian2(neuron, values):
    """Run the model as an ordinary Brian2 group, with Brian2's own state updater."""
    with brian_runtime():
        group = native_group(neuron, ("drive", "recurrent"), 1 * ms, n=N)
        assert isinstance(group, NeuronGroup)
        group.namespace.update(given=TimedArray(values, dt=1 * ms))
        group.run_regularly("drive = given(t, i)", dt=1 * ms, when="start")
        for name, initial in neuron.initial.items():
            setattr(group, name, initial)
        monitor = SpikeMonitor(group)
        Network(group, monitor).run(len(values) * ms, namespace={})
        steps = np.rint(np.asarray(monitor.t) / 1e-3).astype(int)
        spikes = np.column_stack([steps, np.zeros_like(steps), np.asarray(monitor.i)])
        return spikes[np.lexsort(spikes.T[::-1])]


@pytest.mark.parametrize("name", NEURONS)
def test_the_step_program_spikes_as_brian2_integrates_the_equations(name, neurons):
    neuron = neurons[name]
    recording = ours(neuron, drive())
    assert len(recording.spikes) > 20
    np.testing.assert_array_equal(recording.spikes, spikes_of_brian2(neuron, drive()))


@pytest.mark.parametrize("neuron", [LIF(), ContinuousLIF()], ids=["explicit", "continuous"])
def test_only_variables_unless_refractory_stand_still_while_refractory(neuron):
    recording = ours(neuron, drive(), record_states=["v", "I"], record_neurons=range(N))
    v, current = recording.states["v"][:, 0], recording.states["I"][:, 0]
    for step, _, neuron_index in recording.spikes:
        if step + 10 < len(v):
            held = slice(step + 1, step + 10)
            assert not v[held, neuron_index].any()
            assert np.diff(current[held, neuron_index]).all()
            assert v[step + 10, neuron_index] != 0


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
@pytest.mark.parametrize("build", [LIF, partial(ContinuousLIF, dt_input=1 * ms)])
def test_refractoriness_lasts_whole_steps(build, steps):
    recording = ours(build(refractory=steps * ms), np.full((40, 1), 1e4))
    assert set(np.diff(recording.spikes[:, 0])) == {max(1, steps)}
    found = translate_neuron(build(refractory=steps * ms), 1 * ms).refractory_steps
    assert max(1, found) == max(1, steps)  # one step is as good as none


def test_refractory_steps_are_counted_without_rounding_errors():
    lif = LIF(refractory=(0.1 + 0.2) * ms)
    assert translate_neuron(lif, 0.1 * ms).refractory_steps == 3


def test_each_neuron_of_a_heterogeneous_population_is_one_of_its_kind():
    taus, refractory = np.linspace(8, 30, N) * ms, np.arange(N) * ms
    threshold = np.linspace(0.8, 1.2, N)
    mixed = LIF(tau_mem=taus, refractory=refractory).with_parameters(v_threshold=threshold)
    raster = ours(mixed, drive()).raster[:, 0]
    np.testing.assert_array_equal(translate_neuron(mixed, 1 * ms).refractory_steps, range(N))
    for j in range(N):
        alike = LIF(tau_mem=taus[j], refractory=refractory[j], v_threshold=threshold[j])
        np.testing.assert_array_equal(raster[:, j], ours(alike, drive()).raster[:, 0, j])


LEAKY = "dv/dt = (drive + recurrent - v)/tau : 1 (unless refractory)"
REFRACTORY = {
    "a parameter": {"refractory": "refractory"},
    "a time": {"refractory": "3*ms"},
    "an expression": {"refractory": "2*refractory"},
    "a condition": {
        "equations": f"{LEAKY}\ndu/dt = -u/tau : 1",
        "reset": "v = 0; u = 1",
        "refractory": "u > 0.6",
    },
    "a compound condition": {
        "equations": f"{LEAKY}\ndu/dt = -u/tau : 1",
        "reset": "v = 0; u = 1",
        "refractory": "u > 0.6 and not (u < 0.7 or v > 2)",
    },
    "a variable": {
        "equations": f"{LEAKY}\npause : second",
        "initial": {"pause": "3*refractory"},
        "refractory": "pause",
    },
}


@pytest.mark.parametrize("changes", REFRACTORY.values(), ids=REFRACTORY)
def test_refractoriness_may_be_written_as_brian2_takes_it(changes):
    neuron = model(**changes)
    recording = ours(neuron, drive())
    assert len(recording.spikes) > 20
    assert np.diff(np.flatnonzero(recording.raster[:, 0, -1])).min() > 1
    np.testing.assert_array_equal(recording.spikes, spikes_of_brian2(neuron, drive()))


def test_a_rate_constant_is_defined_where_its_quotient_is_not():
    """(v + 40)/(1 - exp(-(v + 40)/10)) is 10 at v = -40, not 0/0."""
    text = "(v + 40)/(1 - exp(-(v + 40)/width))"
    neuron = model(
        equations=f"v : 1\na : 1\nI = drive + recurrent : 1\nalpha = {text} : 1",
        update="v = -40 + I\na = alpha",
        parameters={"width": 10.0},
        threshold="a > 11",
        refractory="",
    )
    recording = ours(
        neuron, np.array([[0.0], [1e-9], [5.0]]), record_states=["a"], record_neurons=[0]
    )
    expected = [10, 10, 5 / (1 - np.exp(-0.5))]
    np.testing.assert_allclose(recording.states["a"].ravel(), expected, rtol=1e-9)


def nearest(program, expected):
    """Distance of the closest constant of a program to what is expected."""
    constants = program.constants.values()
    return min(np.abs(np.asarray(constant) - expected).max() for constant in constants)


def test_what_depends_on_parameters_alone_becomes_a_constant():
    program = translate_neuron(LIF(), 2 * ms)
    a_mem, a_syn = np.exp(-2 / 20), np.exp(-2 / 10)
    for expected in (a_mem, a_syn, 1 - a_mem):
        assert nearest(program, expected) < 1e-15
    assert not any("exp" in str(a.active) for a in program.update.assignments)
    assert program.scale == 1
    assert program.initial == {coded("v"): 0, coded("I"): 0}


def test_a_heterogeneous_parameter_makes_constants_per_neuron():
    taus = np.linspace(10, 30, N)
    program = translate_neuron(LIF(tau_mem=taus * ms), 2 * ms)
    assert nearest(program, np.exp(-2 / taus)) < 1e-15
    assert nearest(program, np.exp(-2 / 10)) < 1e-15
    assert {np.shape(value) for value in program.constants.values()} == {(), (N,)}


@pytest.mark.parametrize("name", ["LIF", "ContinuousLIF exact", "AdEx"])
def test_new_values_need_no_new_code(name, neurons):
    first = neurons[name]
    second = first.with_parameters(refractory=8 * ms)
    codes = [GroupCode.of(translate_neuron(neuron, 0.5 * ms)) for neuron in (first, second)]
    assert codes[0] == codes[1]
    at_another_step = GroupCode.of(translate_neuron(first, 0.25 * ms))
    assert codes[0] == at_another_step


@pytest.mark.parametrize(
    ("neuron", "expected"),
    [
        (LIF(), False),
        (ContinuousLIF(), False),
        (AdaptiveLIF(), False),
        (ConductanceLIF(), False),
        (AdEx(), True),
        ("AdEx", True),
        ("AdEx euler", True),
    ],
    ids=str,
)
def test_a_potential_that_drives_itself_has_an_upswing(neuron, expected, neurons):
    assert translate_neuron(neurons.get(neuron, neuron), 0.5 * ms).has_upswing == expected


def test_initial_values_are_expressions_of_the_parameters(neurons):
    program = translate_neuron(neurons["AdEx"], 0.5 * ms)
    assert program.initial == {coded("v"): -0.07, coded("w"): 0}
    assert program.units == {coded("v"): "volt", coded("w"): "amp"}
    assert program.scale == pytest.approx(0.018)


def test_a_filter_is_translated_without_threshold():
    program = translate(DoubleExponential(), 2 * ms)
    assert program.variables == ("r", "h")
    assert program.inputs == ()


@pytest.mark.parametrize("build", [LIF, ContinuousLIF])
def test_a_step_that_does_not_divide_the_refractory_period_is_an_error(build):
    with pytest.raises(ValueError, match=r"`refractory` must be a whole number of steps of dt"):
        translate_neuron(build(refractory=5 * ms), 2 * ms)
    with pytest.raises(ValueError, match="`refractory` must be a whole number of steps"):
        translate_neuron(build(refractory=[4, 5] * ms), 2 * ms)


def model(**changes):
    fields = {
        "name": "mine",
        "equations": "dv/dt = (drive + recurrent - v)/tau : 1 (unless refractory)",
        "parameters": {"tau": 10 * ms, "theta": 1.0, "refractory": 2 * ms},
        "method": "euler",
        "threshold": "v > theta",
        "reset": "v = 0",
        "refractory": "refractory",
    }
    return NeuronModel(**{**fields, **changes})


def explicit(update, equations="v : 1"):
    return model(equations=equations, update=update, refractory="")


REFUSED = {
    "random reset": (
        model(reset="v = 0.1*randn()"),
        r"mine: the statement 'v = 0\.1\*randn\(\)' uses randn\(\)",
    ),
    "random threshold": (model(threshold="v > rand()"), r"'v > rand\(\)' uses rand\(\)"),
    "assignment to a parameter": (
        explicit("tau = 2*tau\nv = drive", "v : 1"),
        "tau",
    ),
    "assignment to an input": (
        explicit("drive = 0\nv = drive"),
        r"the statement 'drive = 0' assigns to drive, which is not a state variable",
    ),
    "compound threshold": (
        model(threshold="v > theta and v < 10"),
        r"mine: the threshold must be one comparison.*got 'v > theta and v < 10'",
    ),
    "threshold that knows of refractoriness": (
        model(threshold="v > theta and not_refractory"),
        "the threshold must be one comparison",
    ),
    "equality as threshold": (model(threshold="v == theta"), "must be one comparison"),
    "unit mismatch": (
        model(equations="dv/dt = (drive + recurrent - v)/tau : volt"),
        "mine: Brian2 rejects it: .*(unit|dimension)",
    ),
    "unit mismatch in the threshold": (
        model(threshold="v > tau"),
        "mine: Brian2 rejects it: .*(unit|dimension)",
    ),
    "unknown name": (model(reset="v = v_rest"), "mine: Brian2 rejects it: .*v_rest"),
    "not_refractory in the reset": (
        model(reset="v = v*int(not_refractory)"),
        "mine: the reset uses not_refractory, which is always false.*Leave it out",
    ),
    "division by zero while refractory": (
        model(equations="dv/dt = -v/(tau*int(not_refractory)) : 1"),
        "mine: the statement .* divides by zero while refractory. Mark v",
    ),
    "initial value that depends on a state": (
        model(initial={"v": "0.5*v"}),
        r"mine: 0\.5\*v must depend on parameters alone: it uses v",
    ),
    "scale that depends on a state": (model(scale="2*v"), "must depend on parameters alone"),
    "unsupported operation": (explicit("v **= 2"), r"\*\*="),
    "equations without input": (
        model(equations="dv/dt = -v/tau : 1"),
        r"mine: drive must act on the neuron: .*Add `drive \+ recurrent`",
    ),
    "equations without input in volt": (
        model(equations="dv/dt = -v/tau : volt", threshold="v > theta*mV", reset="v = 0*mV"),
        "mine: drive must act on the neuron",
    ),
    "equations without feedback": (
        model(equations="dv/dt = (drive - v)/tau : 1"),
        "mine: recurrent must act on the neuron",
    ),
    "initial value of an unknown state": (
        model(initial={"V": "1"}),
        "mine: `initial` must name variables of the equations, which are v: got 'V'",
    ),
    "initial value in another unit": (
        model(initial={"v": "20*mV"}),
        r"mine: `initial` must give v a value in 1: got '20\*mV', in volt",
    ),
    "negative scale": (model(scale="-1"), "mine: `scale` must be positive: got '-1'"),
    "scale in another unit": (
        model(scale="20*mV"),
        r"mine: `scale` must have the unit of the threshold, 1: got '20\*mV', in volt",
    ),
    "scale left out": (
        model(
            equations="dv/dt = ((drive + recurrent)*mV - v)/tau : volt",
            threshold="v > 10*mV",
            reset="v = 0*mV",
            refractory="",
        ),
        "mine: `scale` must have the unit of the threshold",
    ),
    "time": (
        model(equations="dv/dt = (drive + recurrent - v + sin(t/tau))/tau : 1"),
        r"mine: .* uses t, which the twin does not have\. Give what changes in time as an input",
    ),
    "index": (model(reset="v = 0.1*i"), "uses i, which the twin does not have"),
    "constant over dt": (
        model(
            equations="dv/dt = (drive + recurrent - v + n)/tau : 1\n"
            "n = randn() : 1 (constant over dt)"
        ),
        r"mine: `n` must not be \(constant over dt\)",
    ),
    "boolean": (
        model(equations="dv/dt = (drive + recurrent - v)/tau*int(b) : 1\nb : boolean"),
        "mine: `b` must be a real number: it is declared boolean",
    ),
    "integer": (
        model(equations="dv/dt = (drive + recurrent - v)/tau : 1\nk : integer"),
        "mine: `k` must be a real number: it is declared integer",
    ),
    "equal time constants": (
        model(
            method="exact",
            equations="dv/dt = (I - v)/tau : 1\ndI/dt = -I/tau_I + (drive + recurrent)/ms : 1",
            parameters={"tau": 10 * ms, "tau_I": 10 * ms, "theta": 1.0},
            refractory="",
        ),
        "must have a finite value: it has none for .*tau_I = 10. ms.*two time constants are equal",
    ),
    "width of 0": (
        model(
            equations="dv/dt = (drive + recurrent - v + exp((v - theta)/width))/tau : 1",
            parameters={"tau": 10 * ms, "theta": 1.0, "width": 0.0},
            refractory="",
        ),
        r"must have a finite value: it has none for .*width = 0\.0.*a width must not be 0",
    ),
    "remainder": (model(reset="v = v % 2"), "uses %, which cannot be used there"),
    "input in the reset": (model(reset="v = drive"), "the reset must use variables and parameters"),
    "input in the threshold": (
        model(threshold="v > drive"),
        "'v > drive' must use variables and parameters alone: it uses drive",
    ),
    "a refractory period that changes": (
        model(
            equations="dv/dt = (drive + recurrent - v)/tau : 1\nref : second",
            reset="v = 0; ref += 1*ms",
            refractory="ref",
        ),
        "`refractory` must be a time that does not change, or a condition: got 'ref'",
    ),
}


@pytest.mark.parametrize(("neuron", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_expressed_is_named_with_the_reason(neuron, message):
    with pytest.raises(TranslationError, match=message):
        translate_neuron(neuron, 1 * ms)


def test_a_nonlinear_model_cannot_be_integrated_exactly():
    nonlinear = model(
        method="exact", equations="dv/dt = v*(1 - v)/tau + (drive + recurrent)/ms : 1"
    )
    with pytest.raises(TranslationError, match="mine: Brian2 rejects it"):
        translate_neuron(nonlinear, 1 * ms)


def test_int_truncates_towards_0_as_in_brian2():
    neuron = model(
        equations=f"{LEAKY}\nu = 0.2*int(3*v) + 0.1*int(v > 0.5) : 1", threshold="u > 0.6"
    )
    recording = ours(neuron, 2 * drive())
    assert len(recording.spikes) > 20
    np.testing.assert_array_equal(recording.spikes, spikes_of_brian2(neuron, 2 * drive()))


def test_an_initial_value_may_use_those_before_it():
    neuron = model(equations=f"{LEAKY}\ndu/dt = -u/tau : 1", initial={"v": "0.5*theta", "u": "2*v"})
    assert translate_neuron(neuron, 1 * ms).initial == {coded("v"): 0.5, coded("u"): 1.0}


@pytest.mark.parametrize("text", ["v/tanh(v)", "sin(v)/v"])
def test_equations_without_a_value_at_the_start_are_refused(text):
    neuron = model(equations=f"dv/dt = (drive + recurrent - {text})/tau : 1", refractory="")
    with pytest.raises(TranslationError, match="mine: v must have a value after the first step"):
        translate_neuron(neuron, 1 * ms)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")  # of Brian2's own exp
def test_an_offset_written_as_a_number_stays_in_the_exponent():
    """sympy writes exp(250 - 500 x) as 3.7e108 exp(-500 x), too large for float32."""
    neuron = model(
        equations="dv/dt = (3/(1 + exp(-(drive + recurrent - 0.5)*500.0)) - v)/tau : 1",
        refractory="",
    )
    constants = translate_neuron(neuron, 1 * ms).constants.values()
    assert all(abs(float(value)) < 1e4 for value in constants)
    recording = ours(neuron, drive())
    assert len(recording.spikes) > 20
    np.testing.assert_array_equal(recording.spikes, spikes_of_brian2(neuron, drive()))
