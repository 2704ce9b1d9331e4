"""What can be read from activity, when, and whether what is read at one time holds at another."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from sklearn.linear_model import Ridge
from sklearn.model_selection import StratifiedKFold

from .end_states import require_labels

SHRINKAGE = 0.01
"""Penalty of the decoders, as a share of the mean variance of a coordinate in each trial."""


@dataclass(frozen=True, eq=False)
class CrossTemporal:
    """How often a label is read rightly from trials that the decoder has not seen.

    Parameters
    ----------
    accuracy
        Row: time of training; column: time of the test (T × T). Labels count alike.
    chance
        Accuracy with shuffled labels, trained and tested at the same time (S × T).
    """

    accuracy: Float[np.ndarray, "T T"]
    chance: Float[np.ndarray, "S T"]

    @property
    def same_time(self) -> Float[np.ndarray, " T"]:
        """Accuracy where training and test are at the same time."""
        return np.diag(self.accuracy)

    @property
    def highest_by_chance(self) -> float:
        """The highest accuracy at any time that shuffled labels reach in 95 % of shuffles."""
        return float(np.quantile(self.chance.max(axis=1), 0.95))


def cross_temporal_decoding(
    activity: Float[np.ndarray, "T B N"],
    labels: np.ndarray,
    rng: np.random.Generator,
    *,
    n_folds: int = 5,
    n_shuffles: int = 50,
) -> CrossTemporal:
    """Train a linear decoder at each time and test it at all times, on trials that it has not seen.

    Ridge regression of each label's indicator on activity, by scikit-learn; the largest decides.
    Folds have the labels in the same shares. Chance is the same with labels dealt to other trials.

    Parameters
    ----------
    activity
        Rates, or coordinates of them (T × B × N).
    labels
        What is decoded (B).
    rng
        Deals folds and shuffled labels.
    n_folds
        Folds of the cross-validation.
    n_shuffles
        S.

    Raises
    ------
    ValueError
        If there is not one label per trial, only one label, or a label in fewer trials than folds.

    Source: King & Dehaene, Trends Cogn. Sci. 18, 203 (2014).
    """
    n_steps, n_trials, _ = activity.shape
    require_labels(labels, n_trials)
    require_decodable(labels, n_folds)
    kinds, true = np.unique(labels, return_inverse=True)
    dealt = np.stack([true, *(rng.permutation(true) for _ in range(n_shuffles))])  # 1 + S × B
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=int(rng.integers(2**31)))
    answers = np.empty((n_steps, n_steps, n_trials), int)
    by_chance = np.empty((n_steps, n_shuffles, n_trials), int)
    for train, test in folds.split(np.zeros(n_trials), true):
        for t in range(n_steps):
            decoder = _decoder(activity[t, train], dealt[:, train], len(kinds))
            seen = activity[:, test].reshape(-1, activity.shape[2])
            own = decoder.coef_[: len(kinds)].T
            read = (seen @ own + decoder.intercept_[: len(kinds)]).reshape(n_steps, -1, len(kinds))
            answers[t][:, test] = read.argmax(axis=2)
            now = decoder.predict(activity[t, test]).reshape(len(test), 1 + n_shuffles, len(kinds))
            by_chance[t][:, test] = now.argmax(axis=2)[:, 1:].T
    return CrossTemporal(
        accuracy=_balanced(answers == true, true),
        chance=np.stack(
            [_balanced(by_chance[:, s] == dealt[1 + s], dealt[1 + s]) for s in range(n_shuffles)]
        )
        if n_shuffles
        else np.zeros((0, n_steps)),
    )


def cross_condition_generalisation(
    activity: Float[np.ndarray, "B N"], labels: np.ndarray, groups: np.ndarray
) -> float:
    """Train a decoder of the labels in all groups but one, test it in that one; mean over groups.

    Near 1 where groups, such as contexts, shift what the labels are read from without turning it;
    at chance where each group has a code of its own; below where one is the other's reverse.

    Parameters
    ----------
    activity
        State of each trial (B × N).
    labels
        What is decoded (B).
    groups
        Group of each trial (B).

    Raises
    ------
    ValueError
        If there are not two groups or more, or one has not all labels, twice each.

    Source: Bernardi et al., Cell 183, 954 (2020).
    """
    require_labels(labels, len(activity))
    require_labels(groups, len(activity))
    kinds, known = np.unique(groups), np.unique(labels)
    counts = np.array([[np.sum((groups == g) & (labels == k)) for k in known] for g in kinds])
    if len(kinds) < 2 or len(known) < 2 or counts.min() < 2:
        raise ValueError(
            "`groups` must be two or more, each with two trials or more of each of two labels or"
            f" more: got {counts.tolist()} trials, group by label."
        )
    true = np.unique(labels, return_inverse=True)[1]
    scores = []
    for group in kinds:
        held_out = groups == group
        decoder = _decoder(activity[~held_out], true[None, ~held_out], len(known))
        answers = decoder.predict(activity[held_out]).argmax(axis=1)
        scores.append(_balanced(answers == true[held_out], true[held_out]))
    return float(np.mean(scores))


def require_decodable(labels: np.ndarray, n_folds: int) -> None:
    """Raise `ValueError` for a single label, or one in fewer trials than folds."""
    kinds, counts = np.unique(labels, return_counts=True)
    if len(kinds) < 2:
        raise ValueError(f"`labels` must be of two kinds or more: all are {kinds.tolist()}.")
    if counts.min() < n_folds:
        raise ValueError(
            f"`labels` must each be those of {n_folds} trials or more, one for each fold: got"
            f" {counts.min()} of {kinds[counts.argmin()]}."
        )


def _decoder(
    activity: Float[np.ndarray, "B N"], labels: Int[np.ndarray, "S B"], n_kinds: int
) -> Ridge:
    """Fit the indicators of all kinds in each set of labels at once."""
    indicators = labels.T[..., None] == np.arange(n_kinds)
    variance = float(activity.var(axis=0).mean()) or 1.0
    ridge = Ridge(alpha=SHRINKAGE * variance * len(activity))
    return ridge.fit(activity, indicators.reshape(len(activity), -1).astype(activity.dtype))


def _balanced(hits: Bool[np.ndarray, "*T B"], labels: np.ndarray) -> Float[np.ndarray, "*T"]:
    """Average within labels, then over them, so that a frequent label is not worth more."""
    shares = [hits[..., labels == kind].mean(axis=-1) for kind in np.unique(labels)]
    return np.asarray(np.mean(shares, axis=0))
