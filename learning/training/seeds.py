"""Seeds of further streams, derived from one."""

import numpy as np


def child_of(seed: int | np.random.SeedSequence, key: int) -> np.random.SeedSequence:
    """Make a seed that goes with another and is independent of it.

    Unlike one that is spawned, it is the same whenever it is made.
    """
    whole = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    return np.random.SeedSequence(whole.entropy, spawn_key=(*whole.spawn_key, key))
