"""What goes wrong in training without an error: said at its first sign, with the likely cause."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .result import Update

_SILENT_HZ = 0.01
_SATURATED = 0.6  # of the highest rate that refractoriness allows
_TIMES_CLIP = 100.0
_WINDOW = 20  # updates at either end of the patience that are compared
_HUGE_RATE = 1.0  # weights are of order 1
_DEVIATIONS = 2.5
_LEAST_FALL = 1e-3  # of the loss: less is no fall, however little the loss fluctuates


class TrainingWatch:
    """Tells from the updates, one after the other, what makes training useless.

    Each cause is told once. Whether the loss moves is asked once, at the start: a network that has
    learned all there is moves no more.

    Parameters
    ----------
    clip_norm
        Largest norm of a gradient that is applied as it is.
    highest_rate_hz
        Rate of a neuron that fires whenever it may [Hz]; ``None`` for neurons without spikes.
    patience
        Updates after which a loss should have moved; ``None`` where training does not start from
        the beginning.
    """

    def __init__(
        self,
        *,
        clip_norm: float = math.inf,
        highest_rate_hz: float | None = None,
        patience: int | None = 50,
    ) -> None:
        self._clip_norm = clip_norm
        self._highest_rate_hz = highest_rate_hz or math.inf
        self._patience = patience
        self._seen: list[Update] = []
        self._told: dict[str, str] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """All that was told."""
        return tuple(self._told.values())

    def see(self, update: Update) -> list[str]:
        """Give what this update shows for the first time; a repeated one replaces what followed."""
        while self._seen and self._seen[-1].step >= update.step:
            self._seen.pop()
        self._seen.append(update)
        found = {cause: text for cause, text in self._findings() if cause not in self._told}
        self._told |= found
        return list(found.values())

    def _findings(self) -> Iterator[tuple[str, str]]:
        now = self._seen[-1]
        rate, norm = now.rate_hz, now.gradient_norm
        if rate is not None and rate < _SILENT_HZ:
            yield "silent", self._silent()
        elif rate is not None and rate > _SATURATED * self._highest_rate_hz:
            yield "saturated", self._saturated(rate)
        elif norm == 0:
            yield (
                "no gradient",
                f"the gradient of update {now.step} is 0, so that no weight changes: no neuron"
                " comes near enough to its threshold. Check what `drive` and `recurrent` act on in"
                " the neuron, or use a wider `surrogate`.",
            )
        elif norm is not None and norm >= _TIMES_CLIP * self._clip_norm:
            yield "gradient", self._steep(norm)
        elif self._patience is not None and norm is not None:
            yield from self._loss_that_stays(self._patience)

    def _silent(self) -> str:
        step, before = self._seen[-1].step, self._rate_before()
        if before is None or before < _SILENT_HZ:
            return (
                f"no neuron fires in update {step}: the inputs stay below threshold. Check that"
                " `drive` enters the neuron's equations and that `scale` has the size of the way to"
                " threshold, lower the threshold, or scale the inputs up."
            )
        return (
            f"no neuron fires any more in update {step} ({before:.1f} Hz before): the updates have"
            " pushed all neurons below threshold. Lower `learning_rate`, or hold rates with"
            " a penalty, `FiringRate`."
        )

    def _saturated(self, rate: float) -> str:
        step, before = self._seen[-1].step, self._rate_before()
        limit = f"{rate:.0f} Hz of the {self._highest_rate_hz:.0f} Hz that refractoriness allows"
        if before is None or before > _SATURATED * self._highest_rate_hz:
            return (
                f"neurons fire nearly always in update {step}, whatever the input ({limit}): they"
                " are driven far above threshold. Check that `scale` has the size of the way to"
                " threshold, lower a constant current, or scale the inputs down."
            )
        return (
            f"neurons have come to fire nearly always in update {step} ({limit}): the updates have"
            " pushed them far above threshold. Lower `learning_rate`, or hold rates with"
            " a penalty, `FiringRate`."
        )

    def _rate_before(self) -> float | None:
        return self._seen[-2].rate_hz if len(self._seen) > 1 else None

    def _steep(self, norm: float) -> str:
        step, clip = self._seen[-1].step, self._clip_norm
        told = (
            f"the gradient norm is {norm:.2g} in update {step}, {norm / clip:.2g} times"
            f" `clip_norm` = {clip:g}"
        )
        first = self._seen[0].gradient_norm or 0.0
        if first < norm / 10:
            return f"{told}, and was {first:.2g} at first: lower `learning_rate`."
        if norm < 10:
            return f"{told}: nearly all of each gradient is cut away. Raise `clip_norm`."
        return (
            f"{told}: it grows from step to step on its way back through the trial, and where it"
            " points means little. Soften what is steep in the neuron's equations, such as an"
            " exponential upswing, set `detach_reset=True`, or shorten the trials."
        )

    def _loss_that_stays(self, patience: int) -> Iterator[tuple[str, str]]:
        seen = self._seen
        if len(seen) < patience or seen[0].step != 1:
            return
        self._patience = None
        if self._is_right():
            return
        losses = [one.loss for one in seen]
        first, last = fmean(losses[:_WINDOW]), fmean(losses[-_WINDOW:])
        # of one loss, if they are independent; a trend does not count
        deviation = median(np.abs(np.diff(losses))) / 0.954
        least = _LEAST_FALL * abs(first)

        def noise(k: int) -> float:
            return _DEVIATIONS * deviation * math.sqrt(1 / k + 1 / _WINDOW)

        if last - losses[0] > max(noise(1), 0.05 * abs(losses[0])):
            yield (
                "rising loss",
                f"the loss has risen from {losses[0]:.3g} to {last:.3g} in {len(seen)} updates:"
                " they are too large. Lower `learning_rate`.",
            )
            return
        starts = ((k, fmean(losses[:k])) for k in (1, _WINDOW // 4, _WINDOW))
        if not any(start - last > max(noise(k), least) for k, start in starts):
            yield "stalled loss", self._stalled(first, last)

    def _is_right(self) -> bool:
        recent = [one.accuracy for one in self._seen[-_WINDOW:] if one.accuracy is not None]
        return bool(recent) and fmean(recent) > 0.99

    def _stalled(self, first: float, last: float) -> str:
        now = self._seen[-1]
        told = f"the loss has not moved in {len(self._seen)} updates ({first:.3g}, now {last:.3g})"
        norm, rate = now.gradient_norm or 0.0, self._seen[0].learning_rate or 0.0
        if norm < 1e-6:
            return (
                f"{told}: gradients vanish (norm {norm:.1g}). Check what `drive` and `recurrent`"
                " act on in the neuron, or use a wider `surrogate`."
            )
        if rate < 1e-4:
            return f"{told}: `learning_rate` is small. Raise it."
        if norm > self._clip_norm:
            return (
                f"{told}: gradients are large (norm {norm:.2g}) and cut to `clip_norm`, and"
                " where they point means little. Set `detach_reset=True`, or shorten trials."
            )
        return (
            f"{told}: the inputs may not tell what is asked for, or the network forgets them. Check"
            " the data, give it longer time constants or more modes and neurons, or try another"
            " `learning_rate`."
        )


def divergence(
    history: Sequence[Update],
    *,
    step: int,
    loss: float,
    gradient_norm: float,
    clip_norm: float,
    checkpoint: int | None,
) -> str:
    """Tell that loss or gradient are not finite, the likely cause, and what is kept.

    Parameters
    ----------
    history
        Updates of this process before, all finite.
    step, loss, gradient_norm
        Of the update that is not.
    clip_norm
        Largest norm of a gradient that is applied as it is.
    checkpoint
        Update of the last checkpoint, if there is one.
    """
    kept = (
        "There is no checkpoint yet."
        if checkpoint is None
        else f"The last checkpoint is kept, that of update {checkpoint}."
    )
    return (
        f"Training diverged at update {step}: loss {loss:g}, gradient norm {gradient_norm:g}."
        f" {_cause(history, step, loss, clip_norm)} {kept}"
    )


def _cause(history: Sequence[Update], step: int, loss: float, clip_norm: float) -> str:
    where = (
        "look for divisions by what may be 0 and for powers and exponentials that overflow in the"
        " neuron's equations, and for huge values in inputs and targets"
        if not math.isfinite(loss)
        else "the loss is finite, so look for derivatives in the neuron's equations that are 0/0 or"
        " overflow: of quotients, roots and steep exponentials"
    )
    if step == 1:
        return f"Nothing has been learned yet, so the learning rate is not the cause: {where}."
    if not history:
        return f"It had gone well up to the checkpoint: {where}."
    norms = [one.gradient_norm for one in history if one.gradient_norm is not None] or [0.0]
    losses = [one.loss for one in history]
    if norms[0] >= _TIMES_CLIP * clip_norm:
        return (
            f"Gradients have been huge from the start (norm {norms[0]:.2g}, clipped to"
            f" {clip_norm:g}), so the learning rate is hardly the cause: {where}; or set"
            " `detach_reset=True`."
        )
    if max(norms[-3:]) > max(10 * norms[0], clip_norm):
        return (
            f"Gradients had grown from {norms[0]:.2g} to {max(norms[-3:]):.2g}:"
            " lower `learning_rate`."
        )
    if losses[-1] > 2 * min(losses) and losses[-1] > 1.5 * losses[0]:
        return (
            f"The loss had grown from {min(losses):.2g} to {losses[-1]:.2g}: lower `learning_rate`."
        )
    if (rate := history[-1].learning_rate or 0.0) >= _HUGE_RATE:
        return f"Each update moves weights by up to {rate:g}: lower `learning_rate`."
    return (
        f"It came of a sudden (loss {losses[-1]:.2g} in the update before), so the learning rate"
        f" need not be the cause: {where}."
    )
