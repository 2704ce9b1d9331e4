"""The neurons before learning: measured, and put into the summary."""

import numpy as np
from spikemodes.learning.excitability.cells import some_trials
from spikemodes.learning.excitability.height import surrogate_height
from spikemodes.learning.excitability.probe import Probe, probe
from spikemodes.learning.task import Task
from spikemodes.models.networks.network import Network

from ..config.spec import Spec
from .streams import stream
from .summary import Start


def excitability(network: Network, task: Task, spec: Spec) -> Start:
    """Measure the cells of a network before it learns, in a few of the task's trials."""
    trials = some_trials(task)
    options = spec.recipe().of_twin
    height = surrogate_height(network, task, **options)
    return in_summary(probe(network, trials, height=height, **options))


def measured_start(spec: Spec) -> Start:
    """Draw the network of a configuration as training would, and measure its cells.

    Raises `ValueError` for neurons that do not spike, or that no gain makes fire.
    """
    task = spec.build_task()
    network = spec.recipe().start(task, np.random.default_rng(stream(spec.seed, "initial")))
    if not isinstance(network, Network):
        raise ValueError(
            "`network.neuron` must be one that spikes: rate has no rheobase, onset or slope ratio."
            " Choose another."
        )
    return excitability(network, task, spec)


def in_summary(found: Probe) -> Start:
    """Write what a probe has found as it stands in the summary."""
    return Start(
        input_gain=found.gain,
        input_bias=found.bias,
        rate_hz=found.rate,
        silent=found.silent,
        slope_ratio=found.slope_ratio,
        variable=found.variable,
        unit=found.unit,
        rest=found.rest,
        onset=found.onset,
        threshold=found.threshold,
        rheobase=found.rheobase,
        drive=found.spread,
        curve={"drive": found.drives.tolist(), "rate_hz": found.rates.tolist()},
        warnings=tuple(found.warnings),
    )
