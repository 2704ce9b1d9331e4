"""Training in mode space: Adam on the gradients of a rule, by default backpropagation's."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from spikemodes.models.conditions.condition import Condition, disturbed
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.trials import Trials

from ..excitability.height import surrogate_height
from ..kernels.threads import one_thread
from ..step.random import drawn_from
from ..task import Task
from ..twin.bounds import course_of, learned_parameters
from ..twin.learned import learned_weights, with_own_values
from ..twin.parameters import array, keep_weights
from ..twin.rate_twin import RateTwin
from ..twin.twin import Twin
from .checkpoint import Checkpoint, generator
from .memory import peak_memory_mb
from .options import TrainingOptions
from .result import Kind, OnNetwork, TrainingDivergedError, TrainingResult, Update
from .seeds import child_of
from .watch import divergence


@one_thread()
def train(
    task: Task,
    network: Kind,
    options: TrainingOptions | None = None,
    *,
    conditions: Sequence[Condition] = (),
    conditions_seed: int = 0,
    seed: int | np.random.SeedSequence = 0,
    on_update: Callable[[Update], None] | None = None,
    on_network: OnNetwork | None = None,
    on_compile: Callable[[], None] | None = None,
    until: Callable[[Twin | RateTwin, int], bool] | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> TrainingResult[Kind]:
    """Learn the weights of `network` on fresh trials of `task`.

    Parameters
    ----------
    task
        Where trials, loss and score come from.
    network
        Initial network; its type chooses the parameterisation.
    options
        How to learn.
    conditions
        Of a more biological circuit, under which to learn.
    conditions_seed
        Of what the conditions draw: the same as `simulate` gets gives the same delays, say.
    seed
        Seed of the trials, of noise, and of what the rule draws.
    on_update
        Called after each update.
    on_network
        Called before the first update and after each, with the number of updates done and what
        gives the network as it is then. To be read before the call returns, and left as it is: it
        shares its arrays with what learns.
    on_compile
        Called if the kernels of the neuron model have to be compiled first.
    until
        Asked before each update, with what has learned and the number of updates done, whether to
        stop before all are done. Its answer must depend on these alone.
    checkpoint
        Directory for checkpoints; none are written without it.
    resume
        Go on from the checkpoint, if there is one.

    Raises
    ------
    TrainingDivergedError
        If loss or gradient become NaN or infinite, with the likely cause; the last checkpoint, if
        there is one, stays.
    ValueError
        If the checkpoint is damaged, a network of rates is to learn under conditions, or something
        cannot learn, see `learned_parameters`.
    """
    options = options or TrainingOptions()
    options = replace(options, rule=options.rule.drawn(seed))
    if conditions and isinstance(network, RateNetwork):
        raise ValueError(
            f"`conditions` must be empty for a network of rates: got {conditions[0].name}."
            " Conditions act on neurons that spike."
        )
    network = with_own_values(network, options.learn)
    weights = learned_weights(options.learn, network)
    found = learned_parameters(options.learn, network)
    twin = (
        RateTwin(network)
        if isinstance(network, RateNetwork)
        else Twin(
            network,
            conditions=conditions,
            seed=conditions_seed,
            height=surrogate_height(network, task, **options.of_twin),
            **options.of_twin,
            learn=options.learn,
        )
    )
    keep_weights(twin, weights)
    if options.constraint:
        options.constraint.apply(twin)
    if not twin.n_parameters:
        raise ValueError(
            "`learn` must leave something to learn: got"
            f" {', '.join(learned.name for learned in options.learn)}, which the constraint fixes."
        )
    optimizer = torch.optim.Adam(twin.parameters(), lr=options.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, options.updates)
    rng, done, before, loss = np.random.default_rng(seed), 0, 0.0, math.nan
    saved = Checkpoint.load(checkpoint) if resume and checkpoint else None
    if saved:
        twin.load_state_dict(saved.twin)
        optimizer.load_state_dict(saved.optimizer)
        schedule.load_state_dict(saved.schedule)
        rng, done, before = generator(saved.rng), saved.update, saved.seconds
        loss = saved.loss
    kept, history = (saved.update if saved else None), list[Update]()
    first = task.sample(1, np.random.default_rng(0))
    options.rule.prepare(disturbed(first, conditions, conditions_seed), twin, on_compile)
    if on_network:
        on_network(done, twin.network)
    started = time.perf_counter() - before
    for step in range(done + 1, options.updates + 1):
        if until and until(twin, done):
            break
        trials = task.sample(options.batch_size, rng)
        trials = disturbed(trials, conditions, conditions_seed, batch=step)
        describe = partial(
            divergence, history, step=step, clip_norm=options.clip_norm, checkpoint=kept
        )
        with drawn_from(child_of(child_of(seed, 2), step)):  # noise repeats with seed and step
            update = _update(task, twin, trials, optimizer, options, step, started, describe)
        history.append(update)
        schedule.step()
        loss, done = update.loss, step
        if on_update:
            on_update(update)
        if on_network:
            on_network(step, twin.network)
        if checkpoint and (step % options.checkpoint_every == 0 or step == options.updates):
            Checkpoint(
                update=step,
                loss=loss,
                twin=twin.state_dict(),
                optimizer=optimizer.state_dict(),
                schedule=schedule.state_dict(),
                rng=dict(rng.bit_generator.state),
                seconds=time.perf_counter() - started,
            ).save(checkpoint)
            kept = step
    trained = cast(Kind, twin.network())
    return TrainingResult(
        network=trained,
        method=options.rule.name,
        updates=done,
        seconds=time.perf_counter() - started,
        peak_memory_mb=peak_memory_mb(),
        final_loss=loss,
        trainable_parameters=twin.n_parameters,
        learned=tuple(course_of(bounded, trained) for bounded in found),
    )


def _update(
    task: Task,
    twin: Twin | RateTwin,
    trials: Trials,
    optimizer: torch.optim.Optimizer,
    options: TrainingOptions,
    step: int,
    started: float,
    describe: Callable[..., str],
) -> Update:
    optimizer.zero_grad()
    done = options.rule.differentiate(task, twin, trials, options.penalties, step)
    response, loss = done.response, done.loss
    norm = float(torch.nn.utils.clip_grad_norm_(twin.parameters(), options.clip_norm))
    if not (math.isfinite(loss.item()) and math.isfinite(norm)):
        raise TrainingDivergedError(describe(loss=loss.item(), gradient_norm=norm))
    learning_rate = optimizer.param_groups[0]["lr"]
    optimizer.step()
    score = task.score(array(response.outputs), trials)
    spikes, seconds = response.mean_spikes, trials.n_steps * float(trials.dt)
    return Update(
        step=step,
        loss=loss.item(),
        accuracy=score.accuracy,
        mse=score.mse,
        explained_variance=score.explained_variance,
        rate_hz=None if spikes is None else spikes / seconds,
        gradient_norm=norm,
        learning_rate=learning_rate,
        seconds=time.perf_counter() - started,
        cosines=done.cosines,
    )
