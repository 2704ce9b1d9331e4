"""Dask workers: a cluster on this machine, or one that is there already."""

from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..config.keys_of_options import reason_of
from ..cores import n_cores
from .workers import Here, Job, Outcome, Workers, attempt

if TYPE_CHECKING:  # Dask takes a second to load, and one job needs none of it
    from distributed import Client, Future


LOOPBACK = "127.0.0.1"
_CONNECT_SECONDS = 10
_LEAVE_INTERRUPTS = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
"""What workers do first: Ctrl-C reaches all processes of a terminal, and one answers for all."""

_TRIES = 3  # workers that a job may lose before it counts as failed


class SchedulerLostError(RuntimeError):
    """The scheduler ended before the study did."""


@dataclass(frozen=True)
class DaskWorkers:
    """The workers of a Dask scheduler. A job whose worker dies is given to another.

    Parameters
    ----------
    client
        Reaches the scheduler.
    cores
        How many cores a job may keep busy.
    """

    client: "Client"
    cores: int = 1

    @property
    def dashboard(self) -> str:
        """See `Workers`; drawing it takes bokeh."""
        return (find_spec("bokeh") and self.client.dashboard_link) or ""

    def run(self, jobs: Mapping[str, Job]) -> Iterator[tuple[str, Outcome]]:
        """See `Workers`. Raises `SchedulerLostError` if the scheduler ends before the jobs."""
        from distributed import as_completed

        futures = {self.client.submit(attempt, job, pure=False): name for name, job in jobs.items()}
        for future in as_completed(futures):
            # popped: what nobody holds is not computed again when its worker dies
            yield futures.pop(future), _outcome(future)


def _outcome(future: "Future") -> Outcome:
    from distributed import KilledWorker

    try:
        error = future.exception()
        if error is None:
            return future.result()
    except CancelledError:
        raise SchedulerLostError("the scheduler went away") from None
    if isinstance(error, KilledWorker):
        return Outcome(reason="every worker that tried it died, for want of memory perhaps")
    assert isinstance(error, BaseException)
    return Outcome(reason=reason_of(error))


def workers_for(scheduler: str | None, processes: int) -> AbstractContextManager[Workers]:
    """Reach those of the scheduler at an address, or start processes here; none to have just one.

    Raises `ValueError` if there is no such scheduler.
    """
    if scheduler is not None:
        return scheduler_workers(scheduler)
    return local_workers(processes) if processes > 1 else nullcontext(Here())


@contextmanager
def local_workers(processes: int) -> Iterator[DaskWorkers]:
    """Start worker processes of one thread each; everything listens on loopback alone."""
    from dask.config import set as dask_settings
    from distributed import Client, LocalCluster

    from .nanny import PatientNanny

    settings = {
        "distributed.scheduler.worker-saturation": 1.0,  # a worker holds no second job to lose
        "distributed.scheduler.allowed-failures": _TRIES,
    }
    with (
        dask_settings(settings),
        LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            processes=True,
            worker_class=PatientNanny,
            preload=[_LEAVE_INTERRUPTS],
            host=LOOPBACK,
            dashboard_address=f"{LOOPBACK}:0",
        ) as cluster,
        Client(cluster) as client,
    ):
        try:
            yield DaskWorkers(client, max(1, n_cores() // processes))
        except BaseException:
            workers: Mapping[Any, PatientNanny] = cluster.workers  # type: ignore[attr-defined]
            for nanny in workers.values():
                nanny.hurried = True
            raise


@contextmanager
def scheduler_workers(address: str) -> Iterator[DaskWorkers]:
    """Use the workers of the scheduler at `address`. Raises `ValueError` if there is none."""
    from distributed import Client

    try:
        client = Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"`--scheduler` must be the address of a Dask scheduler that runs: got {address!r}"
            f" ({reason_of(error)}). Start one, or leave it out to use this machine."
        ) from None
    with client:
        yield DaskWorkers(client)
