import pytest
import yaml
from spikemodes.experiments import Spec, parse_spec
from spikemodes.experiments.config.nested_keys import merge, parse_setting
from spikemodes.models import NeuronModel, parse_quantity
from spikemodes.models.quantities import whole_steps


def spec(*settings: str) -> Spec:
    return parse_spec(merge(map(parse_setting, settings)))


@pytest.mark.parametrize(
    ("dt", "fine"),
    [
        ("2 ms", "0.2 ms"), ("1 ms", "0.2 ms"), ("0.4 ms", "0.2 ms"), ("5 ms", "0.2 ms"),
        ("0.5 ms", "0.05 ms"), ("0.25 ms", "0.025 ms"), ("0.1 ms", "0.01 ms"),
        ("0.2 ms", "0.02 ms"), ("2.5 ms", "0.25 ms"), ("0.05 ms", "0.005 ms"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("neuron", ["lif", "adex", "conductance-lif", "rate"])
def test_any_step_of_the_task_needs_no_second_key(neuron, dt, fine):
    made = spec(f"network.neuron={neuron}", f"task.dt={dt}")
    assert float(made.simulate.fine_dt) == float(parse_quantity(fine))
    assert whole_steps(made.build_task().dt, made.simulate.fine_dt, "dt") >= 2
    written = yaml.safe_dump(made.resolved())
    assert parse_spec(yaml.safe_load(written)) == made
    built = made.build_neuron()
    if isinstance(built, NeuronModel):
        assert whole_steps(built.parameters["refractory"], made.build_task().dt, "refractory")


def test_the_default_refractory_period_is_whole_steps_and_yours_is_not_touched():
    assert spec("task.dt=4 ms").resolved()["network"]["neuron"]["refractory"] == "12 ms"
    assert spec("task.dt=0.5 ms").resolved()["network"]["neuron"]["refractory"] == "10 ms"
    with pytest.raises(ValueError, match=r"dt = 4 ms: got 10 ms, 2.5 steps"):
        spec("task.dt=4 ms", "network.neuron.refractory=10 ms")
    with pytest.raises(
        ValueError, match=r"dt = 0.5 ms into whole steps: got 0.2 ms\. Leave it out"
    ):
        spec("task.dt=0.5 ms", "simulate.fine_dt=0.2 ms")
