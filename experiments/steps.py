"""The steps of a run, in their order."""

from .config.spec import Spec
from .display.progress import Display
from .pipeline import analyse as findings
from .pipeline import validate as pipeline
from .pipeline.directory import RunDirectory, Step
from .report import run as run_report


def run_steps(
    run: RunDirectory,
    spec: Spec,
    display: Display,
    *,
    until: Step = "report",
    resume: bool = False,
) -> None:
    """Train, validate in Brian2, analyse and report; stop after the step `until`."""
    network = pipeline.train(run, spec, display, resume=resume)
    if until == "train":
        return
    recording = pipeline.validate(run, spec, network, display)
    if until == "validate":
        return
    found = findings.analyse(run, spec, network, recording, display)
    run_report.report(run, spec, network, recording, found, display)
