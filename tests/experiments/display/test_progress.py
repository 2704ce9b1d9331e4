import re
from dataclasses import replace
from io import StringIO

from rich.console import Console
from spikemodes.experiments.display.progress import Bars, Lines, display_on
from spikemodes.learning import Update


def update(step):
    return Update(
        step=step,
        loss=0.5,
        accuracy=0.75,
        mse=0.5,
        rate_hz=12.0,
        gradient_norm=1.0,
        learning_rate=1e-3,
        seconds=1.0,
    )


def console(width=120, **options):
    return Console(file=StringIO(), width=width, **options)


def written(console):
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_bars_are_for_interactive_terminals_alone():
    assert isinstance(display_on(console(force_terminal=True, force_interactive=True)), Bars)
    assert isinstance(display_on(console()), Lines)


def test_lines_show_about_ten_updates_and_the_last():
    out = console()
    with Lines(out).training(503) as show:
        for step in range(1, 504):
            show(update(step))
    lines = written(out).splitlines()
    assert 10 <= len(lines) <= 12
    assert lines[-1] == "training 503/503  loss 0.5000  accuracy 75.0 %  rate 12.0 Hz"


def test_a_task_without_right_and_wrong_shows_no_accuracy():
    out = console()
    with Lines(out).training(1) as show:
        show(replace(update(1), accuracy=None))
    assert written(out).strip() == "training 1/1  loss 0.5000  rate 12.0 Hz"


def test_lines_name_each_stage_once_it_has_ended():
    out = console()
    with Lines(out).stages() as begin:
        begin("[one]")
        assert written(out) == ""
        begin("two")
    assert [line.split(": ")[0] for line in written(out).splitlines()] == ["[one]", "two"]


def test_a_narrow_terminal_keeps_counter_and_time_left():
    out = console(width=50, force_terminal=True, force_interactive=True, color_system=None)
    with Bars(out).training(700) as show:
        for step in range(1, 31):
            show(update(step))
    lines = [line for line in re.split(r"[\r\n]", written(out)) if "30/700" in line]
    assert lines
    assert re.search(r" 30/700 +(-|\d+):[-\d]+:[-\d]+ loss 0", lines[-1])


def test_bars_show_progress_and_stages():
    out = console(force_terminal=True, force_interactive=True, color_system=None)
    bars = Bars(out)
    bars.say("[not markup]")
    with bars.training(2) as show:
        show(update(1))
        show(update(2))
    with bars.stages() as begin:
        begin("compiling [x]")
        begin("simulating")
    text = written(out)
    assert "[not markup]" in text
    assert "2/2" in text
    assert "accuracy 75.0 %" in text
    assert "✓ compiling [x]" in text
    assert "✓ simulating" in text
