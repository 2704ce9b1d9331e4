"""Random numbers that follow from where they are drawn: a key, and a counter in place of a state.

What a call of rand() or randn() gives is a function of the key of the pass, the number of the call
in the neuron's text, step, trial and neuron. So it is the same in whatever order steps, trials and
neurons are taken, and can be drawn again; and every backend gives it alike, to the last bit: the
functions are one text of additions, multiplications and roots, run by PyTorch here and compiled
into kernels there.

Source: Philox4x32-10 of Salmon, Moraes, Dror & Shaw, SC '11, 16 (2011), which passed the BigCrush
tests of randomness; Box & Muller, Ann. Math. Stat. 29, 610 (1958).
"""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

WORD = 2**32 - 1
FACTORS = 0xD2511F53, 0xCD9E8D57
WEYL = 0x9E3779B9, 0xBB67AE85
"""Multipliers, and what the key grows by, from the paper."""
ROUNDS = 10

STEPS = 4
"""Steps that share a block of the generator, one word each: a counter counts so many at once."""

MEANS = {"rand": 0.5, "randn": 0.0}
"""Of what each function draws."""

_TERMS = {"float32": (5, 4), "float64": (11, 8)}
"""Terms of the power series of log and of sin and cos, to the last digit."""


def source(dtype: str) -> str:
    """Write the functions for numbers of a precision.

    ``philox`` makes four words of 32 bits from a counter of four and a key of two, ``normal_pair``
    two normal numbers from two words, of which 31 bits are a radius, 31 an angle between -45° and
    45°, and the others turn it to any of four directions; ``uniform`` makes a number below 1.

    The text needs ``F`` and ``I``, constants of the precision and of integers of its size;
    ``number``, which makes the former of an integer, ``whole``, which makes a signed one of 32
    bits, ``bits`` and ``from_bits``, which take a number for its bits and back; ``sqrt`` and
    ``select``.
    """
    info, of_log, of_sine = np.finfo(dtype), *_TERMS[dtype]
    one, root = (_bits(x, dtype) for x in (1.0, math.sqrt(0.5)))
    draw_next = "a, b, c, d = mixed(a, b, c, d, key, other)"
    new_key = f"key, other = (key + {WEYL[0]}) & {WORD}, (other + {WEYL[1]}) & {WORD}"
    lines = [draw_next, *[new_key, draw_next] * (ROUNDS - 1)]
    template = files("spikemodes.learning.step").joinpath("random.template").read_text()
    return Template(template).substitute(
        first_factor=FACTORS[0],
        second_factor=FACTORS[1],
        word=WORD,
        rounds="\n".join(f"    {line}" for line in lines),
        below=2**31 - 1,
        half=2**30,
        # x = 2^exponent · mantissa, the latter between √½ and √2, and its log is 2 atanh(s)
        up=one - root,
        root=root,
        digits=info.nmant,
        fraction=2**info.nmant - 1,
        largest=31 + 1 - info.minexp,
        ln_2=repr(math.log(2)),
        logarithm=_series(2 / (2 * n + 1) for n in range(of_log)),
        angle=repr(math.pi / 4 / 2**30),
        sine=_series((-1) ** n / math.factorial(2 * n + 1) for n in range(of_sine)),
        cosine=_series((-1) ** n / math.factorial(2 * n) for n in range(of_sine + 1)),
        unused=max(1, 31 - info.nmant),
        unit=repr(2.0 ** (max(1, 31 - info.nmant) - 32)),
    )


def _bits(value: float, dtype: str) -> int:
    number = np.array(value, dtype)
    return int(number.view(f"int{8 * number.itemsize}"))


def _series(coefficients: Iterable[float]) -> str:
    """Write a power series in y by Horner's rule."""
    *others, text = (f"F({c!r})" for c in coefficients)
    for c in reversed(others):
        text = f"({text} * y + {c})"
    return text


class Draws:
    """What the calls in a neuron's text draw in a pass, step by step, in PyTorch.

    Parameters
    ----------
    functions
        Of each call: ``rand`` or ``randn``.
    like
        Gives number of trials and neurons, precision and device (B × N).
    key
        Of the pass; a `new_key` by default.
    """

    def __init__(
        self,
        functions: Iterable[str],
        like: Float[Tensor, "B N"],
        key: tuple[int, int] | None = None,
    ) -> None:
        self.functions = tuple(functions)
        self.key = new_key() if self.functions and key is None else key or (0, 0)
        self.scope = _in_torch(like.dtype)
        trials, neurons = (torch.arange(n, device=like.device) for n in like.shape)
        self.places = neurons.expand(like.shape), trials[:, None].expand(like.shape)
        self._block, self._drawn = -1, list[list[Tensor]]()

    def __call__(self, step: int) -> list[Float[Tensor, "B N"]]:
        """Give one number for each call, trial and neuron."""
        block, word = divmod(step, STEPS)
        if block != self._block:
            self._block = block
            self._drawn = [self._draw(i, name) for i, name in enumerate(self.functions)]
        return [drawn[word] for drawn in self._drawn]

    def _draw(self, call: int, function: str) -> list[Tensor]:
        """Draw for the steps of a block."""
        neuron, trial = self.places
        block, number = (torch.full_like(neuron, value) for value in (self._block, call))
        words = self.scope["philox"](neuron, trial, block, number, *self.key)
        if function == "rand":
            return [self.scope["uniform"](word) for word in words]
        pair = self.scope["normal_pair"]
        return [*pair(*words[:2]), *pair(*words[2:])]


def unit_interval(
    counter: tuple[Tensor, Tensor, Tensor, Tensor], key: tuple[int, int], dtype: torch.dtype
) -> Tensor:
    """Draw numbers from 0 to 1, one for each counter."""
    scope = _in_torch(dtype)
    return scope["uniform"](scope["philox"](*counter, *key)[0])


@lru_cache
def _in_torch(dtype: torch.dtype) -> dict[str, Any]:
    """The functions, on tensors."""
    name = str(dtype).removeprefix("torch.")
    integers = torch.int32 if dtype == torch.float32 else torch.int64
    scope: dict[str, Any] = {
        "F": float,
        "I": int,
        "number": lambda x: x.to(dtype),
        "whole": lambda x: x,
        "bits": lambda x: x.view(integers),
        "from_bits": lambda x: x.view(dtype),
        "sqrt": torch.sqrt,
        "select": torch.where,
    }
    exec(source(name), scope)
    return scope


def new_key() -> tuple[int, int]:
    """Draw the key of a pass from PyTorch's generator."""
    first, second = torch.randint(WORD + 1, (2,)).tolist()
    return first, second


@contextmanager
def drawn_from(seed: int | np.random.SeedSequence) -> Iterator[None]:
    """Let whatever draws from PyTorch's generator repeat, and leave the generator as it was."""
    if isinstance(seed, np.random.SeedSequence):
        (seed,) = seed.generate_state(1, np.uint64).tolist()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
