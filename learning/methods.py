"""The ways to get a trained network, by the name that ``train.method`` has in a configuration."""

from .force.rate import Force
from .force.spiking import SpikingForce
from .kim_2019 import Kim2019
from .nef.method import NEF
from .rate_to_spike import RateToSpike
from .three_factor.rule import ThreeFactor
from .training.bptt import Backpropagation
from .training.method import Method

METHODS: dict[str, type[Method]] = {
    method.name: method
    for method in (Backpropagation, ThreeFactor, RateToSpike, Kim2019, Force, SpikingForce, NEF)
}
"""Add an entry to make a method of your own known to configurations."""
