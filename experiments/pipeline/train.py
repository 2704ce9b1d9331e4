"""The first step of a run: train a network."""

from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

from spikemodes.learning.task import Task
from spikemodes.learning.training import loop as training
from spikemodes.learning.training.method import Session
from spikemodes.learning.training.result import Update
from spikemodes.learning.training.watch import TrainingWatch
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.storage import AnyNetwork, load_network, save_network

from ..config.keys_of_options import in_keys
from ..config.spec import Spec
from ..display.progress import Display
from ..tasks.registry import data_names, listed
from .cautions import caution_of, warn, watch_of
from .directory import Metrics, RunDirectory
from .gradients import in_words
from .probing import ProbeInBrian2
from .start import excitability
from .streams import stream
from .summary import NetworkSize, Training


def train(
    run: RunDirectory,
    spec: Spec,
    display: Display,
    *,
    resume: bool = False,
    task: Task | None = None,
) -> AnyNetwork:
    """Train a network and write it, its metrics and checkpoints.

    With `resume`, go on from the checkpoint, or take the network if training had ended. `task`
    stands for that of `spec`, of which it draws the trials otherwise.
    """
    if resume and run.network.exists():
        return load_network(run.network)
    task, keys, metrics = task or spec.build_task(), spec.train, Metrics(run.metrics)
    names = data_names(spec.task.build())
    for kind, known in names.items():
        display.say(f"{kind}: {listed(known)}")
    warnings = caution_of(task)
    warn(display, warnings)
    watch = watch_of(spec)
    for row in metrics.read() if resume else ():  # those that are done again replace these
        watch.see(Update.of(row))
    found: dict[str, Any] = {}
    with display.training(keys.updates) as show:

        def on_start(network: AnyNetwork) -> None:
            if isinstance(network, Network):
                found["start"] = start = excitability(network, task, spec)
                warn(display, map(in_keys, start.warnings))

        def on_update(update: Update) -> None:
            metrics.append(asdict(update))
            show(update)
            warn(display, map(in_keys, watch.see(update)))

        probe = ProbeInBrian2(run, spec, display) if keys.probe_every else None
        session = Session(
            initial=stream(spec.seed, "initial"),
            trials=stream(spec.seed, "training"),
            on_start=on_start,
            on_update=on_update,
            on_network=probe and probe.see,
            on_compile=lambda what: display.say(f"compiling {what}"),
            checkpoint=run.checkpoint,
            resume=resume,
        )
        result = keys.build_method().train(task, spec.recipe(), session)
    network = result.network
    for line in in_words(result.found.get("cosines", {})):
        display.say(line)
    warnings += map(in_keys, watch.warnings)
    if keys.conditions:
        assert isinstance(network, Network)  # the specification refuses conditions of others
        watch = watch_of(spec, from_start=False)
        network = retrain(run, spec, network, watch, display, resume=resume)
        warnings += map(in_keys, watch.warnings)
    run.update_summary(
        task=task.name,
        seed=spec.seed,
        **names,
        network=NetworkSize(
            neurons=network.n_neurons,
            modes=W.n_modes if isinstance(W := network.recurrence, Modes) else None,
            inputs=network.n_inputs,
            outputs=network.n_outputs,
            trainable_parameters=result.trainable_parameters,
        ),
        start=found.get("start"),
        training=Training(
            method=result.method,
            steps=result.updates,
            seconds=result.seconds,
            peak_memory_mb=result.peak_memory_mb,
            # from the file: a process that resumes after the last update has seen no loss
            final_loss=logged[-1]["loss"] if (logged := metrics.read()) else result.final_loss,
            found=result.found,
            warnings=tuple(warnings),
            learned={course.name: course for course in result.learned} or None,
        ),
        versions={name: version(name) for name in ("spikemodes", "brian2", "torch")},
    )
    save_network(network, run.network)  # last: where it exists, training has ended
    return network


def retrain(
    run: RunDirectory,
    spec: Spec,
    network: Network,
    watch: TrainingWatch,
    display: Display,
    *,
    resume: bool = False,
) -> Network:
    """Let the weights of a trained network learn on under the conditions, keeping those before."""
    save_network(network, run.before)
    with display.training(spec.train.retrain_updates) as show:

        def on_update(update: Update) -> None:
            show(update)
            warn(display, map(in_keys, watch.see(update)))

        keys, recipe = spec.train, spec.recipe()
        return training.train(
            spec.build_task(),
            network,
            replace(
                recipe,
                updates=keys.retrain_updates,
                learning_rate=keys.retrain_learning_rate,
                learn=tuple(learned for learned in recipe.learn if not learned.owner),
            ),
            conditions=keys.build_conditions(),
            conditions_seed=spec.seed,
            seed=stream(spec.seed, "retraining"),
            on_update=on_update,
            on_compile=lambda: display.say("compiling training kernels for the conditions"),
            checkpoint=run.checkpoint / "conditions",
            resume=resume,
        ).network
