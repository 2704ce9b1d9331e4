"""Dask workers for a sweep: a cluster on this machine, or one that is there already."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Client

LOOPBACK = "127.0.0.1"
_CONNECT_SECONDS = 10
_TRIES = 3  # workers that a cell may lose before it counts as failed
_MISSING = (
    'Sweeps need Dask, which is not installed. Install it with `pip install "spikemodes[sweep]"`.'
)


@contextmanager
def local_workers(n_workers: int) -> "Iterator[Client]":
    """Start worker processes of one thread each; everything listens on loopback alone.

    Raises `ImportError` naming the extra if Dask is missing.
    """
    try:
        from dask.config import set as dask_settings
        from distributed import Client, LocalCluster

        from .nanny import PatientNanny
    except ImportError:
        raise ImportError(_MISSING) from None
    settings = {
        "distributed.scheduler.worker-saturation": 1.0,  # a worker holds no second cell to lose
        "distributed.scheduler.allowed-failures": _TRIES,
    }
    with (
        dask_settings(settings),
        LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            processes=True,
            worker_class=PatientNanny,
            host=LOOPBACK,
            dashboard_address=f"{LOOPBACK}:0",
        ) as cluster,
        Client(cluster) as client,
    ):
        try:
            yield client
        except BaseException:
            workers: Mapping[Any, PatientNanny] = cluster.workers  # type: ignore[attr-defined]
            for nanny in workers.values():
                nanny.hurried = True
            raise


@contextmanager
def scheduler_workers(address: str) -> "Iterator[Client]":
    """Use the workers of the scheduler at `address`.

    Raises `ValueError` if there is none, `ImportError` naming the extra if Dask is missing.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ImportError(_MISSING) from None
    try:
        client = Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"`--scheduler` must be the address of a Dask scheduler that runs: got {address!r}"
            f" ({reason}). Start one, or leave it out to use this machine."
        ) from None
    with client:
        yield client


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
