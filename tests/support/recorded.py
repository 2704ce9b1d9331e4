"""Runs as they would be recorded: spikes and modes drawn by hand, without a simulation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from brian2 import second
from spikemodes.experiments import parse_spec
from spikemodes.experiments.computation.question import Subject
from spikemodes.experiments.pipeline.streams import validation_trials
from spikemodes.models import Recording

SHORT = {
    "name": "selective-integration",
    "blank": "40 ms",
    "stimulus": "100 ms",
    "response": "100 ms",
}


def recorded(
    trials: int = 40,
    neurons: int = 30,
    task: Mapping[str, Any] = SHORT,
    conditions: tuple[str, ...] = ("context", "choice"),
    **network: Any,
) -> Subject:
    """A network whose neurons fire, and whose modes settle, by the conditions of the trials.

    Condition k moves mode k, and the rates of a third of the neurons, to opposite sides from a
    fifth of the trial on.
    """
    spec = parse_spec(
        {
            "task": dict(task),
            "network": {"neurons": neurons, **network},
            "simulate": {"target": "numpy", "trials": trials},
        }
    )
    rng, drawn = np.random.default_rng(0), validation_trials(spec)
    net = spec.recipe().start(spec.build_task(), np.random.default_rng(0))
    n_steps, n_trials = drawn.n_steps, drawn.n_trials
    rates = np.full((n_steps, n_trials, neurons), 0.1)
    modes = 0.05 * rng.normal(size=(n_steps, n_trials, net.mode_encoder.shape[1]))
    onset = n_steps // 5
    for k, name in enumerate(conditions):
        values = drawn.conditions[name].astype(float)
        side = np.sign(2 * values - values.max() - values.min())
        rates[onset:, :, k::3] += 0.09 * side[:, None]
        if k < modes.shape[2]:
            modes[onset:, :, k] += side
    spikes = np.argwhere(rng.random(rates.shape) < rates)
    outputs = rng.normal(size=(n_steps, n_trials, net.n_outputs))
    recording = Recording(
        spikes, neurons, n_trials, n_steps, float(drawn.dt) * second, outputs, modes
    )
    return Subject(spec, net, recording)


def silent(subject: Subject) -> Subject:
    """The same run without a spike."""
    recording = subject.recording
    still = replace(recording, spikes=recording.spikes[:0], modes=0 * recording.modes)
    return Subject(subject.spec, subject.network, still)
