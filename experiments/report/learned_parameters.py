"""The report's section on parameters of neurons and filters that learned."""

from ..display.page import Section, Table
from .reported import Reported


def learned_parameters(found: Reported) -> Section | None:
    """Set values at the start and learned ones side by side."""
    training = found.summary.training
    if training is None or not training.learned:
        return None

    def text(mean: float, ends: tuple[float, float], unit: str) -> str:
        low, high = ends
        value = f"{mean:.4g} {unit}".rstrip()
        return value if low == high else f"{value} ({low:.4g} to {high:.4g})"

    return Section(
        title="Learned parameters",
        text=(
            "Beside the weights, these parameters of the equations learned by the same gradients,"
            " between bounds. Brian2 runs the learned values. Where each neuron has its own, the"
            " mean over the neurons stands before the range."
        ),
        table=Table(
            caption="Parameters before and after learning.",
            columns=("", "at the start", "learned", "bounds"),
            rows=tuple(
                (
                    name,
                    text(course.initial, course.initial_range, course.unit),
                    text(course.learned, course.learned_range, course.unit),
                    f"{course.bounds[0]:.4g} to {course.bounds[1]:.4g} {course.unit}".rstrip(),
                )
                for name, course in training.learned.items()
            ),
        ),
    )
