"""The answers to all questions about a run, and the two files that keep them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from spikemodes.models.files import atomic_write, require_known_format

from ..pipeline.array_groups import read_groups, write_groups
from ..pipeline.directory import RunDirectory
from ..pipeline.plain import to_plain

FORMAT = 1
"""Of both files: raised when what stands in them is no longer what older versions take it for."""

NOT_ASKED = "not_asked"
"""Key of the reasons in ``analysis.json``."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What a run was asked; empty before it is analysed.

    Parameters
    ----------
    numbers
        Plain data by the key of the question.
    arrays
        By the key of the question, then by name.
    not_asked
        Why a question was not asked, by its key: one sentence each.
    """

    numbers: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    not_asked: Mapping[str, str] = field(default_factory=dict)

    def save(self, run: RunDirectory) -> None:
        """Write both files, each whole or not at all."""
        write_groups(run.answer_arrays, self.arrays, written_as=FORMAT)
        entries = {"format": FORMAT, **self.numbers, NOT_ASKED: self.not_asked}
        with atomic_write(run.answers) as temporary:
            text = json.dumps(to_plain(entries), indent=2, allow_nan=False, ensure_ascii=False)
            temporary.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, run: RunDirectory) -> Self:
        """Read what `save` wrote, nothing if a run was not asked.

        Raises `ValueError` naming the file: it is damaged or in a newer format.
        """
        if not run.answers.exists():
            return cls()
        try:
            entries = dict(json.loads(run.answers.read_text(encoding="utf-8")))
        except (ValueError, TypeError, OSError, RecursionError) as error:
            raise ValueError(
                f"`{run.answers}` must be JSON: {error}. Run `spikemodes analyse` again."
            ) from None
        require_known_format(entries.pop("format", FORMAT), FORMAT, run.answers)
        not_asked = entries.pop(NOT_ASKED, {})
        return cls(entries, read_groups(run.answer_arrays, known=FORMAT), not_asked)
