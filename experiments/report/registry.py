"""The sections of the report of a run, in their order."""

from .activity import activity
from .agreement import agreement
from .behaviour import behaviour
from .causality import causality
from .configuration import configuration
from .controls import controls
from .data import data
from .excitability import excitability
from .generation import generation
from .integration import integration
from .interventions import interventions
from .learned_parameters import learned_parameters
from .low_dimensional import low_dimensional
from .map import map_of_modes
from .modes import modes
from .plausibility import cortex
from .populations import populations
from .reported import SectionMaker
from .retraining import retraining
from .stress import stress
from .training import training

SECTIONS: list[SectionMaker] = [
    SectionMaker("data", data),
    SectionMaker("agreement", agreement),
    SectionMaker("controls", controls),
    SectionMaker("excitability", excitability),
    SectionMaker("training", training),
    SectionMaker("learned-parameters", learned_parameters),
    SectionMaker("behaviour", behaviour),
    SectionMaker("generation", generation),
    SectionMaker("integration", integration),
    SectionMaker("activity", activity),
    SectionMaker("modes", modes),
    SectionMaker("low-dimensional", low_dimensional),
    SectionMaker("map", map_of_modes),
    SectionMaker("causality", causality),
    SectionMaker("interventions", interventions),
    SectionMaker("populations", populations),
    SectionMaker("plausibility", cortex),
    SectionMaker("retraining", retraining),
    SectionMaker("stress", stress),
    SectionMaker("configuration", configuration),
]
"""Add one to give every report a section of your own."""
