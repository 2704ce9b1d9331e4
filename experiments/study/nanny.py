"""The process that watches over a worker, and how long it waits for its end."""

from typing import Literal

from distributed import Nanny

_UNLOADING = 120.0  # seconds; a worker has to leave Brian2 and PyTorch, on a machine that is busy


class PatientNanny(Nanny):
    """Lets a worker end by itself, which takes seconds, instead of killing it with a warning."""

    hurried = False
    """Whether the study was broken off, so that workers are in the middle of something."""

    async def close(self, timeout: float = 5, reason: str = "nanny-close") -> Literal["OK"]:
        """Close the worker; see `Nanny`."""
        patience = timeout if self.hurried else max(timeout, _UNLOADING)
        return await super().close(timeout=patience, reason=reason)
