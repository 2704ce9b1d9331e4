"""What a run was not tested for, said at the top of its report."""

from collections.abc import Iterator

import numpy as np

from ..pipeline.summary import Summary
from .reported import Reported

_FEW = 200  # trials; an accuracy of 0.5 is known to ± 0.07


def limits(found: Reported) -> tuple[str, ...]:
    """Say it in a sentence each."""
    return tuple(_limits(found))


def _limits(found: Reported) -> Iterator[str]:
    summary = found.summary
    yield (
        f"One network, of seed {found.spec.seed}: how other seeds and settings come out is not"
        " known from it; `spikemodes sweep` runs them."
    )
    if not len(found.recording.spikes) and found.circuit is not None:
        yield (
            "The network was silent in all trials of the validation: what needs spikes is left out."
        )
    yield from _of_validation(summary)
    if found.circuit is not None and not found.run.stress.exists():
        yield "Not put under stress: run `spikemodes stress` on it."
    if found.circuit is not None and summary.interventions is None:
        yield "No cell or mode was perturbed in an epoch: run `spikemodes perturb` on it."
    if not found.answers.numbers and not found.answers.not_asked:
        yield "Not asked how it computes: run `spikemodes analyse` on it."
    for key, reason in found.answers.not_asked.items():
        yield f"Not asked, {key.replace('_', ' ')}: {reason}"


def _of_validation(summary: Summary) -> Iterator[str]:
    brian2 = summary.brian2
    assert brian2 is not None  # the run is validated
    trials = brian2.performance.trials
    if trials < _FEW and brian2.performance.measures.get("accuracy") is not None:
        spread = 1.96 * np.sqrt(0.25 / trials)
        yield (
            f"{trials:,} trials alone were tested: an accuracy of 0.5 is known to ± {spread:.2f}."
        )
    if brian2.not_compared is not None:
        yield f"Not compared spike for spike, because {brian2.not_compared}."
    if summary.controls is None:
        yield "Controls were not run: what the performance is worth is not known."
    else:
        missing = [
            name.replace("_", " ") for name, own in vars(summary.controls).items() if own is None
        ]
        if missing:
            yield f"Controls that this run has not: {', '.join(missing)}."
    for name, reason in (summary.left_out or {}).items():
        yield f"Left out, {name.replace('_', ' ')}: {reason}."
