import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console
from spikemodes.experiments import RunDirectory, parse_spec
from spikemodes.experiments.computation.answers import Answers
from spikemodes.experiments.computation.question import Answer, NotAskedError, Question, Subject
from spikemodes.experiments.computation.run import answered
from spikemodes.experiments.display.progress import display_on
from spikemodes.experiments.pipeline.answering import answer
from spikemodes.experiments.pipeline.streams import validation_trials
from spikemodes.models import RateNetwork


def subject_of(**network):
    spec = parse_spec(
        {
            "task": {"name": "selective-integration", "stimulus": "200 ms", "response": "60 ms"},
            "network": {"neurons": 30, **network},
            "simulate": {"target": "numpy", "trials": 20},
        }
    )
    drawn = spec.recipe().start(spec.build_task(), np.random.default_rng(0))
    return Subject(spec, drawn, answer(spec, drawn, validation_trials(spec)))


def refuse(_):
    raise NotAskedError("It has one trial.")


QUESTIONS = (
    Question("a", "asking a", lambda s: Answer({"n": s.trials.n_trials}, {"x": np.arange(3)})),
    Question("b", "asking b", refuse),
    Question("c", "asking c", lambda _: Answer({"none": np.nan})),
)


def test_answers_are_kept_with_the_reasons_for_those_there_are_not(tmp_path):
    shown = StringIO()
    found = answered(subject_of(), QUESTIONS, display_on(Console(file=shown)))
    run = RunDirectory(tmp_path)
    assert not Answers.load(run).numbers
    found.save(run)
    read = Answers.load(run)
    assert read.numbers == {"a": {"n": 20}, "c": {"none": None}}
    np.testing.assert_array_equal(read.arrays["a"]["x"], np.arange(3))
    assert read.not_asked == {"b": "It has one trial."}
    assert [line.split(":")[0] for line in shown.getvalue().splitlines()] == [
        "asking a",
        "asking b",
        "asking c",
    ]


def test_a_damaged_or_newer_file_is_refused_by_name(tmp_path):
    run = RunDirectory(tmp_path)
    answered(subject_of(), QUESTIONS, display_on(Console(file=StringIO()))).save(run)
    run.answers.write_text(json.dumps({"format": 99}))
    with pytest.raises(ValueError, match=r"analysis\.json.*format"):
        Answers.load(run)
    run.answers.write_text("x")
    with pytest.raises(ValueError, match=r"analysis\.json` must be JSON"):
        Answers.load(run)


def test_networks_without_spikes_or_modes_say_so():
    rates = subject_of(neuron="rate")
    assert isinstance(rates.network, RateNetwork)
    with pytest.raises(NotAskedError, match="one of rates"):
        rates.spiking()
    with pytest.raises(NotAskedError, match="not learned as modes"):
        subject_of(parameterisation="dense").modes()
    good = subject_of()
    assert good.modes() is good.spiking().recurrence
    still = replace(good.recording, spikes=good.recording.spikes[:0])
    silent = Subject(good.spec, good.network, still)
    with pytest.raises(NotAskedError, match="silent"):
        silent.modes()
