import numpy as np
import pytest
from brian2 import ms
from spikemodes.experiments.compare.contestants import BATCH, CONTESTANTS, CONTROL, choose
from spikemodes.learning.force.online import LeastSquares
from spikemodes.models import RateUnit, TraceReadout

TASK = {"task": {"name": "selective-integration"}}


@pytest.fixture(scope="module")
def specs():
    return {name: one.spec(TASK) for name, one in CONTESTANTS.items()}


def test_every_contestant_can_serve_integration_and_digits(specs):
    digits = {"name": "digits", "dataset": "digits8x8"}
    others = [one.spec({"task": digits}) for one in CONTESTANTS.values() if one.name != "nef"]
    for spec in (*specs.values(), *others):
        assert isinstance(spec.build_task().readout, TraceReadout)


def test_the_one_for_some_tasks_refuses_others_and_keeps_its_modes():
    with pytest.raises(ValueError, match=r"`--methods` with nef: .*sum of gated evidence"):
        CONTESTANTS["nef"].spec({"task": {"name": "digits", "dataset": "digits8x8"}})
    assert CONTESTANTS["nef"].spec(TASK | {"network": {"modes": 5}}).network.modes == 3


def test_sizes_filters_and_batches_are_the_same_for_all(specs):
    for name, spec in specs.items():
        network = spec.network
        assert network.neurons == (500 if name == "force-500" else 100)
        if network.build_parameterisation().n_modes is not None and name != CONTROL:
            assert network.modes == 3
        assert network.synapse == specs["bptt-modes"].network.synapse
        online = isinstance(spec.train.build_method(), LeastSquares)
        assert spec.train.batch == (1 if online else BATCH)


def test_what_the_user_sets_holds_for_all():
    given = TASK | {"network": {"neurons": 40, "synapse": {"tau_decay": "50 ms"}}}
    for name in ("bptt-dense", "rate-to-spike", "force", "spiking-force"):
        network = CONTESTANTS[name].spec(given).network
        assert (network.neurons, network.synapse.tau_decay) == (40, 50 * ms)
    neuron = CONTESTANTS["force"].spec(given).build_neuron()
    assert isinstance(neuron, RateUnit)
    assert neuron.tau_mem == 50 * ms
    assert CONTESTANTS["force-500"].spec(given).network.neurons == 500


def test_input_weights_begin_alike(specs):
    for name in ("bptt-modes", "rate-modes", "force", "spiking-force"):
        spec = specs[name]
        method, task = spec.train.build_method(), spec.build_task()
        if isinstance(method, LeastSquares):
            deviation = method.inputs
        else:
            drawn = spec.recipe().draw(task, np.random.default_rng(0))
            deviation = drawn.W_in.std()
        assert deviation == pytest.approx(1 / np.sqrt(task.n_inputs), rel=0.1)


def test_a_task_that_keeps_few_trials_for_testing_is_measured_on_these(tmp_path):
    measured = np.random.default_rng(0).normal(size=20 * 3)
    rows = [f"{k // 3},{k // 3 % 2},{x:.3f}" for k, x in enumerate(measured)]
    file = tmp_path / "few.csv"
    file.write_text("\n".join(["trial,label,x", *rows]))
    task = {"task": {"name": "arrays", "data": str(file)}}
    spec = CONTESTANTS["bptt-modes"].spec(task)
    assert spec.simulate.trials == 4
    assert CONTESTANTS["bptt-modes"].spec(task, {"simulate": {"trials": 3}}).simulate.trials == 3
    with pytest.raises(ValueError, match=r"`simulate.trials` must be no more than .*: got 5"):
        CONTESTANTS["bptt-modes"].spec(task, {"simulate": {"trials": 5}})
    digits = CONTESTANTS["bptt-modes"].spec({"task": {"name": "digits", "dataset": "digits8x8"}})
    assert digits.simulate.trials == 100


def test_methods_are_chosen_by_name_and_the_control_is_always_there():
    assert [c.name for c in choose("force, bptt-modes")] == ["force", "bptt-modes", CONTROL]
    assert [c.name for c in choose(f"{CONTROL},force")] == [CONTROL, "force"]
    assert {c.name for c in choose("")} == CONTESTANTS.keys() - {"force-500", "nef"}
    with pytest.raises(ValueError, match=r"`--methods`: .*Did you mean bptt-modes\?"):
        choose("bptt-mode")
    with pytest.raises(ValueError, match="must name each method once: got force twice"):
        choose("force,force")
