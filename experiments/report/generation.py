"""The report's section on what a network generates on its own, long after its teacher."""

from dataclasses import replace
from functools import partial

import numpy as np
from spikemodes.analysis.figures.generation import draw_output, draw_return_map, draw_spectrum
from spikemodes.analysis.generation import best_phase, turns

from ..display.page import Figure, Section, Table
from ..pipeline.performance import Generation
from ..tasks.endless import EndlessPattern
from .reported import Reported
from .summary_table import generated

_SHOWN = 4  # periods at either end of a test
_SHOWN_TURNS = 12.0  # units of time of the Lorenz attractor


def generation(found: Reported) -> Section | None:
    """Draw output beside target, and spectra or the return map, and give the numbers."""
    task, measured = found.task, found.summary.generation
    if measured is None or not isinstance(task, EndlessPattern):
        return None
    periodic = measured.periods is not None
    tests = task.tests(found.recording.outputs)
    text = (
        "The network learned on end, its state carried on from stretch to stretch. Then learning"
        " was off: the saved network starts from rest in Brian2, gets the cue, and runs on alone."
        f" The first {measured.left_out_seconds:g} s, in which it finds its course, are left out;"
        f" the {measured.seconds:g} s after them are scored."
    )
    return Section(
        title="Generation",
        text=f"{text} {_PERIODIC if periodic else _CHAOTIC}",
        table=Table(
            caption=f"{measured.tests} tests, which differ in the noise of the inputs.",
            columns=("", "value"),
            rows=tuple(generated(measured, found.summary.controls)),
        ),
        figures=tuple(
            replace(figure, finding=_finding(measured)) if figure.name == "generation" else figure
            for figure in (_periodic(task, tests[0]) if periodic else _chaotic(task, tests))
        ),
        glossary=_GLOSSARY,
    )


_PERIODIC = (
    "Nothing tells the network the phase of the target, so that each test is scored at the one"
    " phase that fits it best; a frequency that is wrong counts as error. A constant output"
    " explains nothing. That phase is chosen on the data that are scored, and so it is, anew, for"
    " the permuted network in the table. The range is that from the phase most behind to the one"
    " most ahead, period by period."
)
_CHAOTIC = (
    "No network can follow a chaotic course for long. What it can hold is the law of its turns:"
    " each maximum of the magnitude decides on the next. Explained by the target's return map: 1 on"
    " the map, 0 for the mean of the target's maxima as the guess, below 0 where it errs more; set"
    " to 0 with fewer than three turns. A periodic output can obey the map, too, but then its"
    " maxima are far from the target's in distribution."
)


_GLOSSARY = {
    "best phase": "the shift of the target that fits a test best",
    "return map": "each maximum of the magnitude against the one before",
    "turn": "from one maximum of the magnitude to the next",
}


def _finding(measured: Generation) -> str:
    """Give the score of the tests, and the pace beside the target's."""
    values = vars(measured)
    scores = (
        ("explained_variance_at_best_phase", "At its best phase the output explains", "target"),
        ("explained_variance_of_return_map", "The target's return map explains", "turns"),
    )
    paces = (("frequency_hz", "Hz"), ("turns_per_second", "turns per second"))
    said = [
        f"{text} {values[key]:.3f} of the variance of the {of}, mean over the tests."
        for key, text, of in scores
        if values.get(key) is not None
    ]
    said += [
        f"The output goes at {values[key]:.4g} {unit}, the target at {values[f'target_{key}']:.4g}."
        for key, unit in paces
        if values.get(key) is not None and values.get(f"target_{key}") is not None
    ]
    return " ".join(said)


def _periodic(task: EndlessPattern, output: np.ndarray) -> tuple[Figure, ...]:
    step, period = float(task.dt), task.period
    assert period is not None
    best = best_phase(output, task.target)
    target = task.target[best.delay : best.delay + len(output)]
    draw = partial(draw_output, output=output, target=target, dt=step, shown=_SHOWN * period)
    return (
        Figure(
            "generation",
            f"Output and target at the best phase in the first test: its first and last {_SHOWN}"
            " periods.",
            draw,
        ),
        _spectrum(output, target, step, float(task.frequencies.max())),
    )


def _chaotic(task: EndlessPattern, tests: list[np.ndarray]) -> tuple[Figure, ...]:
    step, output = float(task.dt), tests[0]
    target = task.target[: len(output)]
    shown = _SHOWN_TURNS / float(task.in_trials.frequency)
    known = task.known_turns
    return (
        Figure(
            "generation",
            "Output in the first test, and a stretch of the target beside it, which is another"
            " course of the same attractor: its start and its end.",
            partial(draw_output, output=output, target=target, dt=step, shown=shown),
        ),
        Figure(
            "return-map",
            "Each maximum of the magnitude against the one before, in output and target.",
            partial(draw_return_map, maxima=[turns(z) for z in tests], known=known),
        ),
        _spectrum(output, target, step, 2 * len(known) / task.known_seconds),
    )


def _spectrum(output: np.ndarray, target: np.ndarray, dt: float, highest: float) -> Figure:
    return Figure(
        "spectrum",
        "Power spectra of output and target over the first test.",
        partial(draw_spectrum, output=output, target=target, dt=dt, highest=3 * highest),
    )
