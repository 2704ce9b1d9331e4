"""The report of a run: its key numbers, and a section for each thing that was found."""

from spikemodes.models.networks.storage import AnyNetwork, load_network
from spikemodes.models.recording import Recording

from ..config.nested_keys import read_stored_config
from ..config.spec import Spec, parse_spec
from ..display.page import Report, Section
from ..display.progress import Display
from ..display.writing import write_report
from ..pipeline.analyse import Findings
from ..pipeline.directory import RunDirectory
from . import registry
from .limits import limits
from .reported import Reported
from .tiles import tiles


def report(
    run: RunDirectory,
    spec: Spec,
    network: AnyNetwork,
    recording: Recording,
    findings: Findings,
    display: Display,
) -> None:
    """Write the report of a run and its figures."""
    whole = compose(Reported(run, spec, network, recording, findings, run.read_summary()))
    with display.stages() as begin:
        begin("report: drawing figures")
        write_report(whole, run.report, run.figures)


def reported(run: RunDirectory) -> Reported:
    """Read what a report is made of from the directory of a run that is analysed.

    Raises `ValueError` or `FileNotFoundError` naming the file that is missing or damaged.
    """
    spec = parse_spec(read_stored_config(run.config))
    network, recording = load_network(run.network), Recording.load(run.recording)
    return Reported(run, spec, network, recording, Findings.load(run.analysis), run.read_summary())


def compose(found: Reported) -> Report:
    """Put the report of a run together; nothing is drawn yet."""
    task, conditions = found.task, found.conditions
    return Report(
        title=f"{task.name}: {found.network.n_neurons} neurons, seed {found.spec.seed}",
        subtitle=(
            f"{task.description} Task after {task.source}."
            + f" The network runs under the conditions it learned under: {conditions}."
            * bool(conditions)
        ),
        sections=tuple(sections(found).values()),
        tiles=tiles(found.summary),
        limits=limits(found),
    )


def sections(found: Reported) -> dict[str, Section]:
    """Make the sections that apply to a run, by their keys."""
    made = {maker.key: maker.make(found) for maker in registry.SECTIONS}
    return {key: section for key, section in made.items() if section is not None}
