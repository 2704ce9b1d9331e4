"""The paper page's section on the importance of modes: every network, beside untrained ones."""

from collections.abc import Iterable
from functools import partial

from spikemodes.analysis.figures.modes import draw_rank_curves
from spikemodes.analysis.importance import mode_importance
from spikemodes.analysis.power_law import FEWEST_MODES, PowerLawFit, fit_power_law
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.storage import load_network

from ..display.page import Figure, Section, Table
from ..report.modes import draw_untrained
from .findings import Cell

_ASKED = (
    "Published is a piecewise power law: lines fitted by least squares to the ranks 1 to 9 and 10"
    " to 19 of the mean of up to three networks (N = 100, P = 30) that learned digits. These ranks"
    " were chosen by hand, and nothing random was put beside. Here breaks are searched for each"
    " network, and a piecewise law is one that gains more over a single one than in 98 % of"
    " networks before learning, and explains the ranks better than any single law."
)
Fits = dict[int, PowerLawFit]
"""The fit of each network by its seed."""


def importance(cells: Iterable[Cell]) -> list[Section]:
    """Ask of each network with enough modes by which law they rank; ``[]`` without such."""
    found = fits(cells)
    if not found:
        return []
    sums = (
        f"N = {n}, P = {p}: {sum(fit.is_piecewise for fit in seeds.values())} of {len(seeds)}"
        " networks follow a piecewise power law."
        for (n, p), seeds in found.items()
    )
    figures = tuple(
        Figure(
            f"importance-n{n}-p{p}",
            f"Importance τ by rank, N = {n}, P = {p}, over its mean. Band: 95 % of networks before"
            " learning.",
            partial(draw_rank_curves, fits={f"seed {seed}": fit for seed, fit in seeds.items()}),
        )
        for (n, p), seeds in found.items()
    )
    table = Table(
        caption="The law that importance follows over ranks, by network.",
        columns=("networks", "P", "seed", "law", "R²", "breaks", "exponents", "BIC gain", "p"),
        rows=tuple(
            (f"N = {n}", p, seed, *_cells(fit))
            for (n, p), seeds in found.items()
            for seed, fit in seeds.items()
        ),
    )
    text = " ".join((_ASKED, *sums))
    return [Section(title="Importance of modes", text=text, table=table, figures=figures)]


def fits(cells: Iterable[Cell]) -> dict[tuple[int, int], Fits]:
    """Fit each network by its numbers of neurons and modes, and its seed."""
    found: dict[tuple[int, int], Fits] = {}
    untrained = {}
    for cell in sorted(cells, key=lambda cell: (cell.size, cell.spec.seed)):
        network = load_network(cell.run.network)
        if isinstance(network, Network) and network.n_modes >= FEWEST_MODES:
            if cell.size not in untrained:
                untrained[cell.size] = draw_untrained(cell.spec)
            m = network.modes
            tau = mode_importance(m.xi_in, m.scores, m.xi_out)
            fit = fit_power_law(tau, untrained[cell.size])
            found.setdefault(cell.size, {})[cell.spec.seed] = fit
    return found


def _cells(fit: PowerLawFit) -> tuple[str | float, ...]:
    breaks = ", ".join(map(str, fit.breaks)) or "–"
    exponents = ", ".join(f"{e:.2f}".replace("-", "−") for e in fit.exponents) or "–"
    return fit.law, fit.r_squared, breaks, exponents, fit.gain, fit.p_value
