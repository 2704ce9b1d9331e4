"""Training by gradients as a configuration describes it: initial network, options, conditions."""

from dataclasses import replace
from typing import Any

import numpy as np
from spikemodes.learning.task import Task
from spikemodes.learning.training import loop as training
from spikemodes.learning.training.initialisation import (
    initial_dense_network,
    initial_network,
    initial_rate_network,
)
from spikemodes.learning.training.rules import Rule
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.rate_network import RateNetwork, RateUnit
from spikemodes.models.networks.storage import AnyNetwork

from .config.spec import Spec
from .method import Session

_KERNELS = "training kernels, once per neuron model"


def train(task: Task, spec: Spec, rule: Rule, session: Session) -> training.TrainingResult:
    """Train a network from its initial weights, by `rule`."""
    return training.train(
        task,
        _initial(spec, task, np.random.default_rng(session.initial)),
        replace(options_of(spec), rule=rule),
        seed=session.trials,
        on_update=session.on_update,
        on_compile=lambda: session.on_compile(_KERNELS),
        checkpoint=session.checkpoint,
        resume=session.resume,
    )


def retrain(
    task: Task, spec: Spec, network: Network, session: Session
) -> training.TrainingResult[Network]:
    """Let a trained network learn on under the conditions of the configuration, by BPTT."""
    keys = spec.train
    return training.train(
        task,
        network,
        replace(
            options_of(spec),
            updates=keys.retrain_updates,
            learning_rate=keys.retrain_learning_rate,
        ),
        conditions=keys.build_conditions(),
        conditions_seed=spec.seed,
        seed=session.trials,
        on_update=session.on_update,
        on_compile=lambda: session.on_compile(_KERNELS),
        checkpoint=session.checkpoint,
        resume=session.resume,
    )


def options_of(spec: Spec) -> training.TrainingOptions:
    """Read how to learn."""
    keys = spec.train
    return training.TrainingOptions(
        updates=keys.updates,
        batch_size=keys.batch,
        learning_rate=keys.learning_rate,
        clip_norm=keys.clip_norm,
        surrogate=keys.surrogate.build(),
        detach_reset=keys.detach_reset,
        constraint=spec.build_constraint(),
        penalties=keys.build_penalties(),
        checkpoint_every=keys.checkpoint_every,
    )


def initial_rates(spec: Spec, task: Task, unit: RateUnit, rng: np.random.Generator) -> RateNetwork:
    """Draw a rate network of the size and parameterisation of the configuration."""
    keys = spec.network
    return initial_rate_network(
        n_neurons=keys.neurons,
        n_modes=None if keys.parameterisation == "dense" else keys.modes,
        full_scores=keys.parameterisation == "modes-full",
        unit=unit,
        **_of_task(task, rng),
    )


def _initial(spec: Spec, task: Task, rng: np.random.Generator) -> AnyNetwork:
    keys, neuron = spec.network, spec.build_neuron()
    if isinstance(neuron, RateUnit):
        return initial_rates(spec, task, neuron, rng)
    shared = {**_of_task(task, rng), "neuron": neuron, "filter": keys.synapse.build()}
    if keys.parameterisation == "dense":
        return initial_dense_network(n_neurons=keys.neurons, **shared)
    network = initial_network(
        n_neurons=keys.neurons,
        n_modes=keys.modes,
        full_scores=keys.parameterisation == "modes-full",
        **shared,
    )
    constraint = spec.build_constraint()
    return constraint.start(network, rng) if constraint else network


def _of_task(task: Task, rng: np.random.Generator) -> dict[str, Any]:
    return {
        "n_inputs": task.n_inputs,
        "n_outputs": task.n_outputs,
        "dt": task.dt,
        "rng": rng,
        "readout": task.readout,
    }
