"""The questions that every run is asked, in their order."""

from .map import MAP
from .question import Question

QUESTIONS: list[Question] = [
    MAP,
]
"""Add one to ask every run something of your own."""
