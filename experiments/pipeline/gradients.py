"""What a run says of how its method's gradient compares with others."""

from spikemodes.learning.training.rules import Cosines

WITH = {"e-prop": "e-prop", "bptt": "backpropagation through time"}


def in_words(cosines: Cosines) -> list[str]:
    """Say the cosines of a trained network's gradient, a line for each it was compared with."""
    return [
        f"gradient: cosine with {WITH.get(other, other)}: "
        + ", ".join(f"{block} {value:.3f}" for block, value in by_block.items())
        for other, by_block in cosines.items()
    ]
