"""What a section of the report is made of: a run, and all that it has found."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from spikemodes.analysis.figures.theme import Epoch
from spikemodes.learning.task import Task
from spikemodes.models.conditions.circuit import Circuit
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.storage import AnyNetwork
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..computation.answers import Answers
from ..config.spec import Spec
from ..display.page import Section
from ..pipeline.analyse import Findings
from ..pipeline.circumstances import Circumstances, described
from ..pipeline.directory import RunDirectory
from ..pipeline.streams import validation_trials
from ..pipeline.summary import Summary


@dataclass(frozen=True, eq=False)
class Reported:
    """A run that is analysed.

    Parameters
    ----------
    run, spec
        Its directory and configuration.
    network
        The trained network.
    recording, findings
        What it did in the validation trials, and what the analysis found.
    summary
        Its results in numbers.
    """

    run: RunDirectory
    spec: Spec
    network: AnyNetwork
    recording: Recording
    findings: Findings
    summary: Summary

    @cached_property
    def answers(self) -> Answers:
        """What the network computes; raises `ValueError` if their files are damaged."""
        return Answers.load(self.run)

    @property
    def task(self) -> Task:
        """What was learned."""
        return self.spec.build_task()

    @cached_property
    def trials(self) -> Trials:
        """The trials of the recording."""
        return validation_trials(self.spec)

    @property
    def epochs(self) -> list[Epoch]:
        """The named parts of a trial."""
        dt, parts = float(self.task.dt), self.task.epochs.items()
        return [Epoch(name, steps.start * dt, steps.stop * dt) for name, steps in parts]

    @property
    def conditions(self) -> str:
        """Those under which the network learned and runs, ``""`` for none."""
        return described(self.spec.resolved()["train"]["conditions"])

    @cached_property
    def circuit(self) -> Circuit | None:
        """The network as it runs under the conditions; ``None`` for one of rates."""
        if not isinstance(self.network, Network):
            return None
        return Circumstances.of(self.spec).circuit(self.network)


@dataclass(frozen=True)
class SectionMaker:
    """A section of the report: its key, and what makes it of a run that it applies to."""

    key: str
    make: Callable[[Reported], Section | None]
