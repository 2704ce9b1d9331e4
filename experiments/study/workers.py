"""Workers do the jobs of a study, and tell what became of each."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..config.keys_of_options import reason_of
from ..cores import n_cores

Job = Callable[[], Any]
"""What is to be done, its arguments bound to it; it pickles."""

_turn = threading.Lock()  # jobs set threads and Brian2's state, which are those of the process


@dataclass(frozen=True)
class Outcome:
    """What a job gave, or else the reason why it failed, in one line."""

    result: Any = None
    reason: str = ""


class Workers(Protocol):
    """Whatever does jobs."""

    @property
    def cores(self) -> int:
        """How many cores a job may keep busy."""
        ...

    @property
    def dashboard(self) -> str:
        """Where people can watch them, ``""`` for nowhere."""
        ...

    def run(self, jobs: Mapping[str, Job]) -> Iterator[tuple[str, Outcome]]:
        """Do jobs; gives the name of each with what became of it, in the order they end."""
        ...


@dataclass(frozen=True)
class Here:
    """This process, which does one job after the other."""

    dashboard = ""

    @property
    def cores(self) -> int:
        """See `Workers`."""
        return n_cores()

    def run(self, jobs: Mapping[str, Job]) -> Iterator[tuple[str, Outcome]]:
        """See `Workers`."""
        return ((name, attempt(job)) for name, job in jobs.items())


def attempt(job: Job) -> Outcome:
    """Do a job in this process, when no other is being done in it."""
    with _turn:
        try:
            return Outcome(job())
        except Exception as error:  # one job must not cost the others
            return Outcome(reason=reason_of(error))
