"""The questions that every run is asked, in their order."""

from .populations import POPULATIONS
from .question import Question

QUESTIONS: list[Question] = [
    POPULATIONS,
]
"""Add one to ask every run something of your own."""
