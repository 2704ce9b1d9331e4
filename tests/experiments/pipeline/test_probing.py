import json
from io import StringIO

import numpy as np
import pytest
from rich.console import Console
from spikemodes.experiments import RunDirectory, parse_spec
from spikemodes.experiments.config.nested_keys import merge, parse_setting
from spikemodes.experiments.display import Lines
from spikemodes.experiments.pipeline import train as training
from spikemodes.experiments.pipeline.directory import Metrics
from spikemodes.experiments.pipeline.probing import N_TRIALS
from spikemodes.models import Recording, load_spiking_network, simulate

SMALL = (
    "task={blank: 4 ms, stimulus: 20 ms, response: 20 ms}",
    "network={neurons: 12, modes: 2}",
    "train={updates: 6, batch: 4, checkpoint_every: 2}",
    "simulate={target: numpy, trials: 8, fine_dt: 1 ms}",
)
pytestmark = pytest.mark.usefixtures("kernels")


def spec_of(*settings):
    return parse_spec(merge(map(parse_setting, (*SMALL, *settings))))


def trained(path, *settings, resume=False, display=None):
    spec = spec_of(*settings)
    run = RunDirectory(path) if resume else RunDirectory.create(path, spec.resolved())
    training.train(run, spec, display or Lines(Console(file=StringIO())), resume=resume)
    return run


def steps_of(run):
    return [row["step"] for row in Metrics(run.probe).read()]


@pytest.mark.parametrize(
    "more", [(), ("network.noise={sd: 0.1}",), ("train.learn=weights+neuron.tau_mem",)]
)
def test_the_weights_are_the_same_bits_with_and_without_it(tmp_path, more):
    without = trained(tmp_path / "without", *more)
    probed = trained(tmp_path / "probed", "train.probe_every=2", *more)
    assert probed.network.read_bytes() == without.network.read_bytes()
    assert steps_of(probed) == [0, 2, 4, 6]
    assert not without.probe.exists()
    losses = [[row["loss"] for row in Metrics(run.metrics).read()] for run in (without, probed)]
    assert losses[0] == losses[1]


class Stopping(Lines):
    """Stops the training as it says a thing."""

    def training(self, updates):
        from contextlib import contextmanager

        @contextmanager
        def stopping():
            def show(update):
                if update.step == 5:
                    raise KeyboardInterrupt

            yield show

        return stopping()


def test_a_run_that_goes_on_has_the_same_weights_and_each_row_once(tmp_path):
    whole = trained(tmp_path / "whole", "train.probe_every=3")
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "cut", "train.probe_every=3", display=Stopping(Console(file=StringIO())))
    cut = trained(tmp_path / "cut", "train.probe_every=3", resume=True)
    assert cut.network.read_bytes() == whole.network.read_bytes()
    without_times = [
        [{k: v for k, v in row.items() if k != "seconds"} for row in Metrics(run.probe).read()]
        for run in (cut, whole)
    ]
    assert without_times[0] == without_times[1]
    assert steps_of(cut) == [0, 3, 6]


def test_it_writes_what_brian2_does_with_the_weights_of_that_moment(tmp_path):
    run = trained(tmp_path / "run", "train.probe_every=6")
    last = Metrics(run.probe).read()[-1]
    kept = Recording.load(run.probed_trial)
    assert (kept.n_trials, kept.n_neurons, kept.modes.shape[1:]) == (1, 12, (1, 2))
    network, task = load_spiking_network(run.network), spec_of().build_task()
    from spikemodes.experiments.pipeline.streams import stream
    from spikemodes.learning.task import unseen

    rng = np.random.default_rng(stream(0, "probe"))
    trials = unseen(task, N_TRIALS, rng)
    again = simulate(network, trials, target="numpy")
    assert last["accuracy"] == task.score(again.outputs, trials).accuracy
    np.testing.assert_array_equal(kept.spikes, again.spikes[again.spikes[:, 1] == 0])
    np.testing.assert_array_equal(kept.modes[:, 0], again.modes[:, 0])
    assert json.loads(run.probe.read_text().splitlines()[-1])["rate_hz"] == again.rate_hz


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("train.probe_every=7",), "no more than `train.updates` = 6"),
        (("train.probe_every=-1",), "`train.probe_every`"),
        (("train.probe_every=2", "train.method=force"), "must be 0 for force"),
        (("train.probe_every=2", "network.neuron=rate"), "must be 0 for rate neurons"),
    ],
)
def test_what_cannot_be_probed_is_refused_in_one_line(settings, message):
    with pytest.raises(ValueError, match=message) as refused:
        spec_of(*settings)
    assert "\n" not in str(refused.value)
