"""The report's section on the modes."""

from functools import partial

from spikemodes.analysis.figures.modes import draw_importance, draw_mode_space, draw_weights
from spikemodes.analysis.importance import fit_power_law, mode_importance
from spikemodes.models.networks.modes import Modes

from ..display.page import Figure, Section
from .reported import Reported


def modes(found: Reported) -> Section | None:
    """Draw the modes: trajectories in their space, their importance, their weights."""
    W, circuit, findings = found.network.recurrence, found.circuit, found.findings
    if not isinstance(W, Modes):
        return None
    fit = fit_power_law(mode_importance(W.xi_in, W.scores, W.xi_out))
    importance = partial(draw_importance, fit=fit)
    disturbed = circuit is not None and circuit.transmission is not None
    other = " The conditions let other weights act; W is what was learned." * disturbed
    weights = partial(draw_weights, xi_in=W.xi_in, scores=W.scores, xi_out=W.xi_out)
    return Section(
        title="Modes",
        text=(
            "W = xi_in Σ xi_outᵀ: activity enters a mode through xi_out and acts back through"
            f" xi_in. {fit.verdict}{other}"
        ),
        figures=(
            Figure(
                "mode-space",
                "Mean trajectory of each condition in the space of the modes.",
                partial(draw_mode_space, kappa_out=findings.kappa_out, kappa_in=findings.kappa_in),
            ),
            Figure("importance", "Importance τ of the modes by rank.", importance),
            Figure("weights", "The recurrent weights between the modes that make them.", weights),
        ),
    )
