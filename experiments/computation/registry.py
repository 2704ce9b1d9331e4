"""The questions that every run is asked, in their order."""

from .axes import AXES
from .causality import CAUSALITY
from .decoding import DECODING
from .dimensions import DIMENSIONS
from .end_states import END_STATES
from .map import MAP
from .populations import POPULATIONS
from .question import Question
from .tangling import TANGLING

QUESTIONS: list[Question] = [
    DIMENSIONS,
    END_STATES,
    AXES,
    DECODING,
    TANGLING,
    MAP,
    CAUSALITY,
    POPULATIONS,
]
"""Add one to ask every run something of your own."""
