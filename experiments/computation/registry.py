"""The questions that every run is asked, in their order."""

from .question import Question

QUESTIONS: list[Question] = []
"""Add one to ask every run something of your own."""
