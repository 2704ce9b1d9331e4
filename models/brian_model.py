"""What Brian2 makes of a model's text: checked, parsed, and integrated by its own state updater."""

from dataclasses import dataclass

import brian2
from brian2 import Network, NeuronGroup, Quantity, second
from brian2.core.variables import Subexpression
from brian2.equations.equations import DIFFERENTIAL_EQUATION, PARAMETER

from .brian_state import brian_runtime
from .neuron import Dynamics, NeuronModel, scalar
from .quantities import unit_text


class TranslationError(ValueError):
    """A statement of a Brian2 model that has no equivalent in a step program."""


@dataclass(frozen=True)
class BrianModel:
    """A model as Brian2 reads it.

    Parameters
    ----------
    state
        State variables in order of declaration.
    units
        SI unit of each of them.
    conditional
        Variables marked ``(unless refractory)``: written only while not refractory.
    subexpressions
        Expressions that other statements use by name.
    update
        The update statements: abstract code of the state updater, then the model's own.
    """

    state: tuple[str, ...]
    units: dict[str, str]
    conditional: frozenset[str]
    subexpressions: dict[str, str]
    update: str


def native_group(
    dynamics: Dynamics, inputs: tuple[str, ...], dt: Quantity, n: int = 1
) -> NeuronGroup:
    """Build the model as an ordinary Brian2 group, its inputs as dimensionless variables."""
    declared = "".join(f"\n{name} : 1" for name in inputs)
    equations = brian2.Equations(dynamics.equations + declared)
    spiking = (
        {
            "threshold": dynamics.threshold,
            "reset": dynamics.reset,
            "refractory": dynamics.refractory or False,
        }
        if isinstance(dynamics, NeuronModel)
        else {}
    )
    group = NeuronGroup(
        n,
        equations,
        dt=dt,
        method=dynamics.method,
        namespace={name: scalar(value) for name, value in dynamics.parameters.items()},
        **spiking,
    )
    if dynamics.update:
        group.run_regularly(dynamics.update, dt=dt, when="groups", order=1)
    return group


def read_with_brian(dynamics: Dynamics, inputs: tuple[str, ...], dt: Quantity) -> BrianModel:
    """Let Brian2 parse, check and integrate a model.

    Raises `TranslationError` with Brian2's reason where it rejects the model.
    """
    group = None
    with brian_runtime():
        try:
            group = native_group(dynamics, inputs, dt)
            Network(group).run(0 * second, namespace={})  # prepares every code object
        except TranslationError:
            raise
        except Exception as error:  # Brian2 wraps its reasons in many types
            cause = error
            while cause.__cause__ is not None:
                cause = cause.__cause__
            reason = " ".join(str(cause).split())
            if group is not None:
                group._network = object()  # spares a second message, that it was never used
            raise TranslationError(f"{dynamics.name}: Brian2 rejects it: {reason}") from error
        own = group.user_equations
        assert own is not None
        kinds = (DIFFERENTIAL_EQUATION, PARAMETER)
        integration = group.state_updater.abstract_code if own.diff_eq_names else ""
        state = tuple(n for n, eq in own.items() if eq.type in kinds and n not in inputs)
        return BrianModel(
            state=state,
            units={name: unit_text(own[name].dim) for name in state},
            conditional=frozenset(n for n in state if "unless refractory" in own[n].flags),
            subexpressions={
                name: variable.expr
                for name, variable in group.variables.items()
                if isinstance(variable, Subexpression)
            },
            update="\n".join(filter(None, (integration, dynamics.update))),
        )
