"""The steps of a run, in their order."""

from .config.spec import Spec
from .display.progress import Display
from .pipeline import analyse as analysis
from .pipeline import train as training
from .pipeline import validate as validation
from .pipeline.directory import RunDirectory, Step
from .report import run as reporting


def run_steps(
    run: RunDirectory,
    spec: Spec,
    display: Display,
    *,
    until: Step = "report",
    resume: bool = False,
) -> None:
    """Train, validate in Brian2, analyse and report; stop after the step `until`."""
    network = training.train(run, spec, display, resume=resume)
    if until == "train":
        return
    recording = validation.validate(run, spec, network, display)
    if until == "validate":
        return
    found = analysis.analyse(run, spec, network, recording, display)
    reporting.report(run, spec, network, recording, found, display)
