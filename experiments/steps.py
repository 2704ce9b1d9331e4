"""A whole run: its steps in their order, from the command line or from Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from spikemodes.analysis.figures.theme import LIGHT, Theme

from .config.nested_keys import merge, read_stored_config
from .config.spec import Spec, parse_spec, require_same
from .display.progress import Display, display_on
from .pipeline.directory import RunDirectory, Step, default_path
from .pipeline.presence import at_work

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing
    from spikemodes.models.networks.storage import AnyNetwork
    from spikemodes.models.recording import Recording

    from .display.page import Figure
    from .pipeline.analyse import Findings
    from .pipeline.summary import Summary


@dataclass(frozen=True)
class Run:
    """What a whole run gave.

    Parameters
    ----------
    network
        The trained network.
    recording
        Brian2's recording of the validation trials.
    summary
        The results in numbers, those of ``summary.json``.
    paths
        Where the files are, such as `paths.report`.

    A notebook shows the key numbers; ``run.figure("raster")`` draws a figure of the report.
    """

    network: AnyNetwork
    recording: Recording
    summary: Summary
    paths: RunDirectory

    @cached_property
    def _figures(self) -> dict[str, Figure]:
        from .report.run import compose, reported

        sections = compose(reported(self.paths)).sections
        return {figure.name: figure for section in sections for figure in section.figures}

    @property
    def figures(self) -> list[str]:
        """Names of the report's figures."""
        return list(self._figures)

    def figure(self, name: str, theme: Theme = LIGHT) -> Drawing:
        """Draw a figure of the report, to show, change or save it.

        Raises `ValueError` if there is none of this name.
        """
        if name not in self._figures:
            raise ValueError(
                f"`name` must be that of a figure of the report: got {name!r}. There are"
                f" {', '.join(self.figures)}."
            )
        drawing = self._figures[name].draw(theme)
        drawing.set_facecolor(theme.surface)  # the page is no longer behind it
        return drawing

    def _repr_html_(self) -> str:
        """Show the key numbers in a notebook."""
        from .report.tiles import tiles

        rows = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{escape(x)}</td>" for x in cells)
            for cells in ((t.label, t.value, t.note) for t in tiles(self.summary))
        )
        title = f"{self.summary.task}, seed {self.summary.seed}"
        return (
            f"<table><caption>{escape(title)}</caption>{rows}</table>"
            f"<p>Report: {escape(str(self.paths.report))}. Figures:"
            f" {escape(', '.join(self.figures))}.</p>"
        )


def run(
    task: str | Mapping[str, Any] = "selective-integration",
    *,
    out: Path | str | None = None,
    seed: int = 0,
    resume: bool = False,
    display: Display | None = None,
    **settings: Any,
) -> Run:
    """Train a network, validate it in Brian2, analyse it and write its report.

    Parameters
    ----------
    task
        Name of a task, or its keys: ``{"name": "pattern", "pattern": "sine"}``.
    out
        New directory for the run, ``runs/TASK-DATE-TIME`` by default; with `resume`, that of the
        run to continue.
    seed
        Of everything random.
    resume
        Go on where a run in `out` stopped, to the same weights bit for bit.
    display
        Where progress goes: by default to standard error.
    **settings
        Keys of the configuration by group: ``network={"neurons": 50}``, ``train={"updates": 100}``,
        ``simulate={...}``. Quantities are text with units or Brian2 quantities.

    Raises
    ------
    ValueError
        For settings that do not fit, before anything runs or is written.
    FileExistsError
        If `out` holds something already.
    TrainingDivergedError
        If what is learned becomes NaN or infinite.

    Examples
    --------
    >>> found = run("selective-integration", out="runs/small", network={"neurons": 50})
    >>> found.summary.brian2.performance.measures["accuracy"], found.paths.report
    """
    from spikemodes.models.networks.storage import load_network
    from spikemodes.models.recording import Recording

    keys = {"name": task} if isinstance(task, str) else dict(task)
    paths, spec = prepare({"task": keys, "seed": seed, **settings}, out=out, resume=resume)
    display = display or display_on(Console(stderr=True))
    run_steps(paths, spec, display, resume=resume)
    network, recording = load_network(paths.network), Recording.load(paths.recording)
    return Run(network, recording, paths.read_summary(), paths)


def prepare(
    config: Mapping[str, Any],
    *,
    out: Path | str | None = None,
    resume: bool = False,
    task: str | None = None,
) -> tuple[RunDirectory, Spec]:
    """Check everything, then make the directory of a new run or open that of a resumed one.

    With `resume`, `config` completes that of the run, which it must not change. `task` is the name
    that the configuration's task must have.
    Raises `ValueError`, `FileExistsError` or `FileNotFoundError` of one line.
    """
    if not resume:
        spec = parse_spec(config)
        _require_task(spec, task)
        path = default_path(spec.task.name, datetime.now()) if out is None else out
        return RunDirectory.create(path, spec.resolved()), spec
    if out is None:
        raise ValueError("`out` must be the directory of the run to `resume`: got none.")
    from spikemodes.learning.training.checkpoint import Checkpoint

    directory = RunDirectory.open(out)
    Checkpoint.load(directory.checkpoint)  # a damaged one is bad input
    stored = read_stored_config(directory.config)
    old, new = parse_spec(stored), parse_spec(merge([stored, config]))
    _require_task(old, task)
    require_same(old, new, directory.path)
    return directory, old


def _require_task(spec: Spec, task: str | None) -> None:
    if task is not None and spec.task.name != task:
        raise ValueError(
            f"`TASK` must be the task of the configuration, {spec.task.name}: got {task}."
            " Change one of them."
        )


def run_steps(
    run: RunDirectory,
    spec: Spec,
    display: Display,
    *,
    until: Step = "report",
    resume: bool = False,
) -> None:
    """Train, validate in Brian2, analyse and report; stop after the step `until`."""
    from .pipeline import train as training, validate as validation
    from .report import run as reporting

    with at_work(run, until):
        network = training.train(run, spec, display, resume=resume)
        if until == "train":
            return
        recording = validation.validate(run, spec, network, display)
        if until == "validate":
            return
        found = analyse(run, spec, network, recording, display)
        reporting.report(run, spec, network, recording, found, display)


def analyse(
    run: RunDirectory, spec: Spec, network: AnyNetwork, recording: Recording, display: Display
) -> Findings:
    """Ask Brian2 all that the report needs beyond the validation, and write what it answers."""
    from .computation import run as computation
    from .pipeline import analyse as analysis

    found = analysis.analyse(run, spec, network, recording, display)
    computation.ask(run, spec, network, recording, display)
    return found
