"""The report on the paper's findings, and their numbers as a table for a page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from spikemodes.analysis.figures.paper import draw_against_modes, draw_losses
from spikemodes.models.files import AnyPath, atomic_write
from spikemodes.models.networks.storage import load_network
from spikemodes.models.recording import Recording

from ..display.page import Figure, Report, Section, Table
from ..display.writing import write_report
from ..pipeline.analyse import Findings
from ..report import run as reporting
from ..report.reported import Reported
from .findings import PUBLISHED_LOSS, ByModes, Cell, batches_to, by_modes, published, read_cells
from .importance import importance

_SHOWN = ("behaviour", "activity", "modes")  # sections of an example's report
Series = Mapping[str, ByModes]


def reproduce(sweeps: AnyPath) -> Path:
    """Write ``paper.html``, its figures and ``paper.md`` into a folder of sweeps.

    Parameters
    ----------
    sweeps
        Holds the sweeps ``digits``, ``integration`` and ``examples``, whole or in part.

    Raises
    ------
    ValueError
        If none of them has a finished run.
    """
    sweeps = Path(sweeps)
    digits, integration, examples = (
        read_cells(sweeps / name) for name in ("digits", "integration", "examples")
    )
    if not (digits or integration or examples):
        raise ValueError(
            f"`{sweeps}` must hold sweeps with finished runs: there are none in its folders"
            " digits, integration and examples. Make them with `spikemodes sweep`."
        )
    known = published()
    sections = []
    if digits:
        sections.append(_digits(digits, known))
    if integration:
        sections.append(_integration(integration, known))
        sections += importance(integration)
    sections += [section for cell in examples for section in _example(cell)]
    report = sweeps / "paper.html"
    title = "Spiking mode-based networks: the published findings, run again"
    source = "Lin & Huang, Phys. Rev. E 110, 024306 (2024); dashed: as published."
    whole = Report(title=title, subtitle=source, sections=tuple(sections))
    write_report(whole, report, sweeps / "figures")
    tables = [section.table for section in sections if section.table and section.table.caption]
    with atomic_write(sweeps / "paper.md") as temporary:
        temporary.write_text("\n".join(map(_markdown, tables)), encoding="utf-8")
    return report


def _digits(cells: list[Cell], known: Mapping[str, Mapping[int, ByModes]]) -> Section:
    sizes = sorted({cell.spec.network.neurons for cell in cells})
    accuracy, alone, known_accuracy, batches, known_batches = {}, {}, {}, {}, {}
    for n in sizes:
        for rate, kind in ((False, "spiking"), (True, "rate")):
            alike = [c for c in cells if c.spec.network.neurons == n and c.rate == rate]
            chosen = [c for c in alike if c.recurrent]
            name = f"{kind}, N = {n}"
            if len(chosen) < len(alike):
                without = [c for c in alike if not c.recurrent]
                alone[f"{name}, no recurrence"] = by_modes(without, _accuracy)
            if chosen:
                accuracy[name] = by_modes(chosen, _accuracy)
                known_accuracy[name] = known[f"digits-{kind}"].get(n, {})
                if not rate:
                    batches[name] = by_modes(chosen, batches_to(PUBLISHED_LOSS))
                    known_batches[name] = known["digits-batches"].get(n, {})
    largest = [
        c for c in cells if c.spec.network.neurons == sizes[-1] and not c.rate and c.recurrent
    ]
    return Section(
        title="Digits",
        table=Table(
            caption="Test accuracy (chance 0.1): mean over seeds. Batches to a loss of 1.7: mean"
            " over the seeds that reached it (column seeds); others never did within the run. P ="
            " 0: networks that learned without recurrence"
            + (", of which there are none here." if not alone else "."),
            columns=("measure", "networks", "P", "here", "s.d.", "seeds", "published"),
            rows=(
                *_rows("accuracy", accuracy, known_accuracy),
                *_rows("accuracy", alone, {}),
                *_rows("batches", batches, known_batches),
            ),
        ),
        figures=(
            Figure(
                "digits-accuracy",
                "Test accuracy against the number of modes, mean ± s.d. over seeds. Dotted:"
                " networks that learned without recurrence.",
                partial(
                    draw_against_modes,
                    found=accuracy,
                    published=known_accuracy,
                    y="accuracy",
                    controls={name: values[0] for name, values in alone.items()},
                ),
            ),
            Figure(
                "digits-batches",
                "Batches until the loss first fell below 1.7, mean ± s.d. over the seeds in which"
                " it did.",
                partial(draw_against_modes, found=batches, published=known_batches, y="batches"),
            ),
            Figure(
                "digits-losses",
                "Loss of the first seed of spiking networks with few and many modes.",
                partial(draw_losses, losses=_first_losses(largest), threshold=PUBLISHED_LOSS),
            ),
        ),
    )


def _integration(cells: list[Cell], known: Mapping[str, Mapping[int, ByModes]]) -> Section:
    found, explained, before = {}, {}, {}
    for n in sorted({cell.spec.network.neurons for cell in cells}):
        chosen = [c for c in cells if c.spec.network.neurons == n and c.recurrent]
        found[f"N = {n}"] = by_modes(chosen, lambda cell: cell.twin.measures["mse"])
        explained[f"N = {n}"] = by_modes(chosen, lambda cell: cell.twin.explained_variance)
        before[f"N = {n}"] = known["integration"].get(n, {})
    return Section(
        title="Selective integration",
        table=Table(
            caption="Error and explained variance on unseen trials: mean over seeds.",
            columns=("measure", "networks", "P", "here", "s.d.", "seeds", "published"),
            rows=(*_rows("MSE", found, before), *_rows("explained variance", explained, {})),
        ),
        figures=(
            Figure(
                "integration-mse",
                "Mean squared error against the number of modes, mean ± s.d. over seeds.",
                partial(draw_against_modes, found=found, published=before, y="mean squared error"),
            ),
            Figure(
                "integration-explained",
                "Share of the targets' variance that the outputs explain, mean ± s.d. over seeds.",
                partial(draw_against_modes, found=explained, published={}, y="explained variance"),
            ),
            Figure(
                "integration-losses",
                "Loss of the first seed of networks with few and many modes.",
                partial(draw_losses, losses=_first_losses(cells)),
            ),
        ),
    )


def _accuracy(cell: Cell) -> float | None:
    return cell.twin.measures["accuracy"]


def _example(cell: Cell) -> Iterator[Section]:
    """Take the sections of a run's report that the paper has figures of."""
    if not cell.run.analysis.exists():
        return
    made = reporting.sections(
        Reported(
            cell.run,
            cell.spec,
            load_network(cell.run.network),
            Recording.load(cell.run.recording),
            Findings.load(cell.run.analysis),
            cell.run.read_summary(),
        )
    )
    task = cell.spec.task.name
    for section in (made[key] for key in _SHOWN if key in made):
        figures = (replace(f, name=f"{task}-{f.name}") for f in section.figures)
        yield replace(section, title=f"{task}: {section.title}", figures=tuple(figures))


def _first_of_each(cells: Iterable[Cell]) -> list[Cell]:
    """The first seed for each number of modes."""
    first = {cell.modes: cell for cell in
             sorted(cells, key=lambda cell: -cell.spec.seed)}  # fmt: skip
    return [first[p] for p in sorted(first)]


def _first_losses(cells: Iterable[Cell]) -> dict[str, np.ndarray]:
    chosen = _first_of_each(cells)
    spread = dict.fromkeys((0, len(chosen) // 2, len(chosen) - 1))
    return {f"P = {cell.modes}": np.array(cell.losses()) for cell in (chosen[i] for i in spread)}


def _rows(measure: str, found: Series, known: Series) -> Iterator[tuple[str | int | float, ...]]:
    for name, values in found.items():
        for p, seeds in values.items():
            before = known.get(name, {}).get(p)
            yield (
                measure,
                name,
                p,
                float(np.mean(seeds)),
                float(np.std(seeds, ddof=1)) if len(seeds) > 1 else "–",
                len(seeds),
                float(np.mean(before)) if before else "–",
            )


def _markdown(table: Table) -> str:
    def line(cells: Iterable[object]) -> str:
        return "| " + " | ".join(map(_text, cells)) + " |"

    rule = "|" + " --- |" * len(table.columns)
    return "\n".join([table.caption, "", line(table.columns), rule, *map(line, table.rows), ""])


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
