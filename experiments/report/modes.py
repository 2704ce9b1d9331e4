"""The report's section on the modes."""

from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Float
from spikemodes.analysis.figures.modes import draw_importance, draw_mode_space, draw_weights
from spikemodes.analysis.importance import mode_importance
from spikemodes.analysis.power_law import FEWEST_MODES, PowerLawFit, fit_power_law
from spikemodes.learning.training.parameterisation import LowRank
from spikemodes.models.networks.connectivity import Masked
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.storage import AnyNetwork

from ..config.spec import Spec
from ..display.page import Figure, Section
from . import glossary
from .explorer import explorer_of
from .reported import Reported
from .sentences import of_importance, of_mode_space, of_weights

_UNTRAINED = 400  # networks; the p-value is known to 1/400


def modes(found: Reported) -> Section | None:
    """Draw the modes: trajectories in their space, their importance, their weights."""
    W, circuit, findings = found.network.recurrence, found.circuit, found.findings
    if not isinstance(W, Modes):
        return None
    fit = fit_importance(W, found.spec)
    importance = partial(draw_importance, fit=fit)
    disturbed = circuit is not None and circuit.transmission is not None
    other = " The conditions let other weights act; W is what was learned." * disturbed
    beside = beside_modes(found.network)
    weights = partial(draw_weights, xi_in=W.xi_in, scores=W.scores, xi_out=W.xi_out)
    return Section(
        title="Modes",
        text=(
            "W = xi_in Σ xi_outᵀ: activity enters a mode through xi_out and acts back through"
            f" xi_in. {fit.verdict}{beside}{other}"
        ),
        figures=(
            Figure(
                "mode-space",
                "Mean trajectory of each condition in the space of the modes.",
                partial(draw_mode_space, kappa_out=findings.kappa_out, kappa_in=findings.kappa_in),
                finding=of_mode_space(findings.kappa_out),
            ),
            Figure("importance", _caption(fit), importance, finding=of_importance(fit)),
            Figure(
                "weights",
                "The recurrent weights between the modes that make them"
                f"{', without mask and other pathways' if beside else ''}.",
                weights,
                finding=of_weights(W),
            ),
        ),
        glossary=glossary.MODES,
        explorer=explorer_of(found),
    )


def beside_modes(network: AnyNetwork) -> str:
    """Say what acts on the cells beside the modes as they stand."""
    if not isinstance(network, Network):
        return ""
    masked = (
        " Only weights under a fixed mask exist; W is shown without it."
        if isinstance(network.main.connectivity, Masked)
        else ""
    )
    others = len(network.pathways) - 1
    return masked + (
        f" {others} other pathway{'s' * (others > 1)} act{'s' * (others == 1)} beside the modes,"
        " such as a fixed background, and"
        f" {'is' if others == 1 else 'are'} not part of W here."
        if others
        else ""
    )


def fit_importance(W: Modes, spec: Spec) -> PowerLawFit:
    """Ask by which law modes rank, beside networks of the same configuration before learning."""
    few = W.n_modes < FEWEST_MODES
    untrained = np.ones((0, W.n_modes)) if few else draw_untrained(spec, n_modes=W.n_modes)
    return fit_power_law(mode_importance(W.xi_in, W.scores, W.xi_out), untrained)


def draw_untrained(
    spec: Spec, n_networks: int = _UNTRAINED, *, n_modes: int | None = None
) -> Float[np.ndarray, "D P"]:
    """Draw networks as they are before learning: the importance of each one's modes.

    Where a method such as FORCE makes `n_modes` of its own, they are those of any such network.
    """
    task, recipe, rng = spec.build_task(), spec.recipe(), np.random.default_rng(0)
    if recipe.parameterisation.n_modes is None and n_modes is not None:
        recipe = replace(recipe, parameterisation=LowRank(n_modes))
    drawn = [recipe.draw(task, rng).recurrence for _ in range(n_networks)]
    modes = [W for W in drawn if isinstance(W, Modes)]
    return np.stack([mode_importance(W.xi_in, W.scores, W.xi_out) for W in modes])


def _caption(fit: PowerLawFit) -> str:
    band = " Band: 95 % of untrained networks of this size, scaled to the same mean."
    return f"Importance τ of the modes by rank.{band if fit.law else ''}"
