"""Networks on disk: weights as safetensors, everything else as JSON in the file's metadata."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from brian2 import Quantity, second
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ..files import AnyPath, atomic_write
from ..neurons.neuron import Dynamics, NeuronModel
from ..neurons.synaptic_filter import SynapticFilter
from ..quantities import format_quantity, parse_quantity, unit_text
from .modes import Modes
from .network import READOUTS, DenseNetwork, ModeNetwork, Network
from .rate_network import RateNetwork, RateUnit
from .transfer import TRANSFERS, Tanh

FORMAT = "spikemodes-network-1"
AnyNetwork = Network | RateNetwork


def save_network(network: AnyNetwork, path: AnyPath) -> None:
    """Write a network to one safetensors file, whole or not at all."""
    tensors = {"W_in": network.W_in, "W_out": network.W_out}
    match network:
        case ModeNetwork(modes=Modes() as W) | DenseNetwork(W=W) | RateNetwork(recurrence=W):
            tensors |= _recurrence_tensors(W)
        case _:
            raise TypeError(
                "`network` must be a ModeNetwork, a DenseNetwork or a RateNetwork:"
                f" got {network!r}."
            )
    spec: dict[str, Any] = {
        "kind": type(network).__name__,
        "dt": format_quantity(network.dt),
        "readout": network.readout.name,
    }
    if isinstance(network, RateNetwork):
        spec |= _describe_unit(network.unit, tensors)
    else:
        spec["neuron"] = _describe(network.neuron, "neuron", tensors)
        spec["filter"] = _describe(network.filter, "filter", tensors)
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    # One entry: safetensors writes several in random order, and files should be reproducible.
    data = save(contiguous, metadata={FORMAT: json.dumps(spec)})
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def load_network(path: AnyPath) -> AnyNetwork:
    """Read a network. Raises `ValueError` naming the file and what is wrong with it."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"`{path}` must be a network file: there is none. Train one first.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if FORMAT not in metadata:
                raise ValueError(f"it is not in the format {FORMAT}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _network(json.loads(metadata[FORMAT]), tensors)
    except (SafetensorError, ValueError, KeyError, TypeError, OSError) as error:
        reason = str(error).rstrip(".")
        raise ValueError(
            f"`{path}` must be an undamaged network file: {reason}. Restore it or train again."
        ) from None


def load_spiking_network(path: AnyPath) -> Network:
    """Read a network as `load_network` does; raises `ValueError` if it is one of rates."""
    network = load_network(path)
    if not isinstance(network, Network):
        raise ValueError(
            f"`{path}` must hold a network that spikes: its neurons are rates."
            " Conditions of biology act on spikes alone."
        )
    return network


def _network(spec: dict[str, Any], tensors: dict[str, np.ndarray]) -> AnyNetwork:
    shared: dict[str, Any] = {
        "W_in": tensors["W_in"],
        "W_out": tensors["W_out"],
        "dt": parse_quantity(spec["dt"], "dt"),
        "readout": READOUTS[spec["readout"]],
    }
    W = _recurrence(tensors)
    if spec["kind"] == RateNetwork.__name__:
        unit = _unit(spec, tensors)
        return RateNetwork(recurrence=W, unit=unit, **shared)
    shared["neuron"] = _dynamics(NeuronModel, spec["neuron"], "neuron", tensors)
    shared["filter"] = _dynamics(SynapticFilter, spec["filter"], "filter", tensors)
    if isinstance(W, Modes):
        return ModeNetwork(modes=W, **shared)
    return DenseNetwork(W=W, **shared)


def _describe_unit(unit: RateUnit, tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """Numbers of a rate neuron; time constants that differ go to `tensors`."""
    spec: dict[str, Any] = {"transfer": unit.transfer.name, "noise": unit.noise}
    if np.ndim(unit.tau_mem):
        tensors["tau_mem"] = np.asarray(unit.tau_mem, float)
    else:
        spec["tau_mem"] = format_quantity(unit.tau_mem)
    if unit.tau_learned is not None:
        spec["tau_learned"] = [format_quantity(end) for end in unit.tau_learned]
    return spec


def _unit(spec: dict[str, Any], tensors: dict[str, np.ndarray]) -> RateUnit:
    tau = tensors["tau_mem"] * second if "tau_mem" in tensors else None
    low, high = spec.get("tau_learned", (None, None))
    ends = (parse_quantity(low), parse_quantity(high)) if low else None
    return RateUnit(
        tau_mem=parse_quantity(spec["tau_mem"], "tau_mem") if tau is None else tau,
        transfer=TRANSFERS[spec.get("transfer", Tanh.name)],  # files once did not name it
        noise=spec.get("noise", 0.0),
        tau_learned=ends,
    )


def _recurrence_tensors(W: Modes | np.ndarray) -> dict[str, np.ndarray]:
    if isinstance(W, Modes):
        return {"xi_in": W.xi_in, "scores": W.scores, "xi_out": W.xi_out}
    return {"W": W}


def _recurrence(tensors: dict[str, np.ndarray]) -> Modes | np.ndarray:
    if "W" in tensors:
        return tensors["W"]
    return Modes(tensors["xi_in"], tensors["scores"], tensors["xi_out"])


def _describe(dynamics: Dynamics, owner: str, tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """Text and scalar parameters of a model; heterogeneous parameters go to `tensors`."""
    texts = (n for n in dynamics.__dataclass_fields__ if n != "parameters")
    fields = {n: value for n in texts if (value := getattr(dynamics, n)) is not None}
    parameters = {}
    for name, value in dynamics.parameters.items():
        quantity = Quantity(value)
        if np.ndim(value):
            tensors[f"{owner}.{name}"] = np.asarray(value, float)
            parameters[name] = {"unit": unit_text(quantity.dim)}
        else:
            parameters[name] = format_quantity(quantity)
    return {**fields, "initial": dict(dynamics.initial), "parameters": parameters}


def _dynamics(kind: type, described: dict[str, Any], owner: str, tensors: dict[str, np.ndarray]):
    parameters = {}
    for name, value in described["parameters"].items():
        if isinstance(value, dict):
            unit = parse_quantity(f"1*{value['unit']}", name)
            parameters[name] = tensors[f"{owner}.{name}"] * unit
        else:
            quantity = parse_quantity(value, name)
            parameters[name] = float(quantity) if quantity.dim.is_dimensionless else quantity
    return kind(**{**described, "parameters": parameters})
