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
from .connectivity import AnyConnectivity, Dense, Masked, Sparse
from .modes import Modes
from .network import READOUTS, DenseNetwork, ModeNetwork, Network
from .pathway import Pathway
from .plasticity import ShortTermPlasticity
from .population import Population
from .rate_network import RateNetwork, RateUnit
from .transfer import TRANSFERS, Tanh

FORMAT = "spikemodes-network-1"
OF_PATHWAYS = "spikemodes-network-2"
"""The format of networks that are more than one plain pathway, which the first cannot hold."""

AnyNetwork = Network | RateNetwork


def save_network(network: AnyNetwork, path: AnyPath) -> None:
    """Write a network to one safetensors file, whole or not at all."""
    if not isinstance(network, AnyNetwork):
        raise TypeError(f"`network` must be a Network or a RateNetwork: got {network!r}.")
    tensors = {"W_in": network.W_in, "W_out": network.W_out}
    spec: dict[str, Any] = {
        "kind": _kind(network),
        "dt": format_quantity(network.dt),
        "readout": network.readout.name,
    }
    form = FORMAT
    if isinstance(network, RateNetwork):
        tensors |= _recurrence_tensors(network.recurrence)
        spec |= _describe_unit(network.unit, tensors)
    else:
        spec["neuron"] = _describe(network.neuron, "neuron", tensors)
        spec["filter"] = _describe(network.filter, "filter", tensors)
        if is_plain(network):
            tensors |= _recurrence_tensors(network.recurrence)
        else:
            form = OF_PATHWAYS
            spec |= describe_pathways(network, tensors)
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    # One entry: safetensors writes several in random order, and files should be reproducible.
    data = save(contiguous, metadata={form: json.dumps(spec)})
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def load_network(path: AnyPath) -> AnyNetwork:
    """Read a network. Raises `ValueError` naming the file and what is wrong with it."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"`{path}` must be a network file: there is none. Train one first.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            known = next((form for form in (FORMAT, OF_PATHWAYS) if form in metadata), None)
            if known is None:
                raise ValueError(f"it is in neither format, {FORMAT} or {OF_PATHWAYS}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _network(json.loads(metadata[known]), tensors)
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
    if spec["kind"] == RateNetwork.__name__:
        unit = _unit(spec, tensors)
        return RateNetwork(recurrence=_recurrence(tensors), unit=unit, **shared)
    shared["neuron"] = _dynamics(NeuronModel, spec["neuron"], "neuron", tensors)
    shared["filter"] = _dynamics(SynapticFilter, spec["filter"], "filter", tensors)
    if "pathways" in spec:
        return Network(**shared, **read_pathways(spec, tensors))
    W = _recurrence(tensors)
    return ModeNetwork(modes=W, **shared) if isinstance(W, Modes) else DenseNetwork(W=W, **shared)


def is_plain(network: Network) -> bool:
    """Whether a network is one pathway of modes, or of all weights, and nothing else."""
    first = network.pathways[0]
    plain = Pathway(connectivity=first.connectivity)
    return (
        len(network.pathways) == 1
        and not network.populations
        and isinstance(first.connectivity, Modes | Dense)
        and vars(first) == vars(plain)
    )


def _kind(network: AnyNetwork) -> str:
    """What files call a network."""
    if isinstance(network, RateNetwork) or not is_plain(network):
        return type(network).__name__
    return "ModeNetwork" if isinstance(network.recurrence, Modes) else "DenseNetwork"


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


def describe_pathways(network: Network, tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """Pathways and populations; arrays go to `tensors`, each under the name of its owner."""
    pathways = []
    for i, pathway in enumerate(network.pathways):
        owner = f"pathway{i}"
        described = {
            **_describe_connectivity(pathway.connectivity, owner, tensors),
            **{name: getattr(pathway, name) for name in _PLAIN},
        }
        if pathway.filter is not None:
            described["filter"] = _describe(pathway.filter, f"{owner}.filter", tensors)
        if pathway.plasticity is not None:
            described["plasticity"] = _describe_plasticity(pathway.plasticity)
        if pathway.delays is not None:
            tensors[f"{owner}.delays"] = np.asarray(pathway.delays, float)
        pathways.append(described)
    populations = []
    for i, population in enumerate(network.populations):
        tensors[f"population{i}.cells"] = population.cells
        populations.append({"name": population.name, "sign": population.sign})
    return {"pathways": pathways, "populations": populations}


def read_pathways(spec: dict[str, Any], tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """What `describe_pathways` wrote, as `Network` takes it."""
    pathways = []
    for i, described in enumerate(spec["pathways"]):
        owner = f"pathway{i}"
        filter_ = described.get("filter")
        if filter_ is not None:
            filter_ = _dynamics(SynapticFilter, filter_, f"{owner}.filter", tensors)
        delays = tensors.get(f"{owner}.delays")
        pathways.append(
            Pathway(
                connectivity=_read_connectivity(described, owner, tensors),
                filter=filter_,
                delays=None if delays is None else _one_or_each(delays) * second,
                plasticity=_read_plasticity(described.get("plasticity")),
                **{name: described[name] for name in _PLAIN},
            )
        )
    populations = tuple(
        Population(described["name"], tensors[f"population{i}.cells"], described["sign"])
        for i, described in enumerate(spec["populations"])
    )
    return {"pathways": tuple(pathways), "populations": populations}


def _describe_plasticity(plasticity: ShortTermPlasticity) -> dict[str, Any]:
    values = {name: value for name, value in vars(plasticity).items() if value is not None}
    return {
        name: format_quantity(value) if isinstance(value, Quantity) else value
        for name, value in values.items()
    }


def _read_plasticity(described: dict[str, Any] | None) -> ShortTermPlasticity | None:
    if described is None:
        return None
    return ShortTermPlasticity(
        **{
            name: parse_quantity(value, name) if isinstance(value, str) else value
            for name, value in described.items()
        }
    )


def _one_or_each(values: np.ndarray) -> np.ndarray:
    """Delays as they were: files have no arrays without dimension."""
    return values if values.ndim == 2 else values[0]


_PLAIN = ("source", "target", "acts_on", "release", "learned")
"""Fields of a pathway that JSON holds as they are."""


def _describe_connectivity(
    connectivity: AnyConnectivity, owner: str, tensors: dict[str, np.ndarray]
) -> dict[str, Any]:
    match connectivity:
        case Masked(under=under, mask=mask):
            tensors[f"{owner}.mask"] = mask
            return _describe_connectivity(under, owner, tensors)
        case Sparse():
            for name in ("post", "pre", "weights"):
                tensors[f"{owner}.{name}"] = getattr(connectivity, name)
            return {"size": list(connectivity.size)}
    weights = connectivity if isinstance(connectivity, Modes) else connectivity.W
    tensors |= {f"{owner}.{name}": x for name, x in _recurrence_tensors(weights).items()}
    return {}


def _read_connectivity(
    described: dict[str, Any], owner: str, tensors: dict[str, np.ndarray]
) -> AnyConnectivity:
    found = {
        name.removeprefix(f"{owner}."): array
        for name, array in tensors.items()
        if name.startswith(f"{owner}.")
    }
    if "weights" in found:
        return Sparse(tuple(described["size"]), found["post"], found["pre"], found["weights"])
    weights = _recurrence(found)
    weights = weights if isinstance(weights, Modes) else Dense(weights)
    return Masked(weights, found["mask"]) if "mask" in found else weights


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
