"""Groups of relay units as the kernels take them."""

from dataclasses import replace

from ..step.backend import Units, Weights


def merged(weights: Weights) -> Weights:
    """The same pass with pathways of one filter that act on each neuron by itself made one.

    Their filters are linear: what their units add to a neuron is what one unit does that gets the
    spikes of both.
    """
    groups: list[Units] = []
    for units in weights.units:
        for i, other in enumerate(groups):
            if _alike(units, other):
                groups[i] = replace(other, encoder=other.encoder + units.encoder)
                break
        else:
            groups.append(units)
    return replace(weights, units=tuple(groups))


def _alike(units: Units, other: Units) -> bool:
    """Whether one group can stand for both; of each sign there is one weight between two cells."""
    if len(units.inputs) > 1:
        return False
    what = [(u.inputs, u.filter, u.stop, u.one_by_one, u.plasticity) for u in (units, other)]
    return units.one_to_one and other.one_to_one and what[0] == what[1] and not units.one_by_one
