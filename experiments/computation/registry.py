"""The questions that every run is asked, in their order."""

from .causality import causality
from .question import Question

QUESTIONS: list[Question] = [
    Question("causality", "Brian2: modes ablated, scaled and swapped", causality),
]
"""Add one to ask every run something of your own."""
