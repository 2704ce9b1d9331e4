"""The random streams of a run: one for each purpose, so that none depends on another."""

import numpy as np
from spikemodes.learning.task import unseen
from spikemodes.models.trials import Trials

from ..config.spec import Spec

PURPOSES = (
    "initial",
    "training",
    "validation",
    "psychometric",
    "stress",
    "retraining",
    "controls",
    "plausibility",
    "search",
    "interventions",
    "populations",
    "probe",
)


def stream(seed: int, purpose: str) -> np.random.SeedSequence:
    """Make the seed of one of `PURPOSES`; streams of different purposes are independent."""
    return np.random.SeedSequence(seed, spawn_key=(PURPOSES.index(purpose),))


def validation_trials(spec: Spec) -> Trials:
    """Draw the trials, unseen in training, on which twin and Brian2 are compared."""
    rng = np.random.default_rng(stream(spec.seed, "validation"))
    return unseen(spec.build_task(), spec.simulate.trials, rng)
