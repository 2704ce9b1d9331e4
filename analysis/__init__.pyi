from .causality import (
    all_subsets as all_subsets,
    shapley_values as shapley_values,
    smallest_subset as smallest_subset,
)
from .dynamics.attractors import nearest as nearest, spacing as spacing
from .dynamics.cycles import Cycle as Cycle, find_cycles as find_cycles, follow as follow
from .dynamics.fixed_points import (
    FixedPoint as FixedPoint,
    error_of as error_of,
    find_fixed_points as find_fixed_points,
    jacobians as jacobians,
)
from .dynamics.grids import (
    box_around as box_around,
    grid as grid,
    interpolated as interpolated,
    sheet as sheet,
    slowest as slowest,
)
from .firing import (
    binned_rate as binned_rate,
    neuron_rates as neuron_rates,
    single_trial_rates as single_trial_rates,
    smoothed_rate as smoothed_rate,
)
from .generation import (
    BestPhase as BestPhase,
    ReturnMap as ReturnMap,
    best_phase as best_phase,
    compare_return_maps as compare_return_maps,
    dilation as dilation,
    drifts as drifts,
    power_spectrum as power_spectrum,
    turns as turns,
)
from .importance import mode_importance as mode_importance
from .leading_directions import Directions as Directions, fewest as fewest
from .likeness.distances import (
    Distances as Distances,
    classical_map as classical_map,
    distances as distances,
)
from .likeness.dynamics import (
    LinearDynamics as LinearDynamics,
    dynamics_distance as dynamics_distance,
)
from .likeness.geometry import (
    cca_distance as cca_distance,
    procrustes_distance as procrustes_distance,
)
from .manifold.angles import (
    alignments as alignments,
    eigenvalue_kinds as eigenvalue_kinds,
    loop_eigenvalues as loop_eigenvalues,
    mode_overlaps as mode_overlaps,
    orthonormal_basis as orthonormal_basis,
    principal_angles as principal_angles,
)
from .manifold.axes import TargetedAxes as TargetedAxes, targeted_axes as targeted_axes
from .manifold.decoding import (
    CrossTemporal as CrossTemporal,
    cross_condition_generalisation as cross_condition_generalisation,
    cross_temporal_decoding as cross_temporal_decoding,
)
from .manifold.dimensions import (
    PCA as PCA,
    participation_ratio as participation_ratio,
    principal_components as principal_components,
)
from .manifold.end_states import (
    EndStates as EndStates,
    condition_means as condition_means,
    end_states as end_states,
    silhouette as silhouette,
)
from .manifold.gpfa import single_trial_trajectories as single_trial_trajectories
from .manifold.selection import Integration as Integration, integration as integration
from .manifold.tangling import tangling as tangling
from .mean_field import LIFCells as LIFCells, RandomNetwork as RandomNetwork
from .plausibility.areas import AREAS as AREAS, Area as Area, Reported as Reported
from .plausibility.distributions import (
    Distributions as Distributions,
    distributions as distributions,
)
from .plausibility.repeats import Repeats as Repeats
from .plausibility.table import (
    Comparison as Comparison,
    Metric as Metric,
    Observed as Observed,
    by_verdict as by_verdict,
    compare_with_cortex as compare_with_cortex,
)
from .populations.epairs import EPAIRS as EPAIRS, epairs as epairs
from .populations.mixture import Mixture as Mixture, fit_mixture as fit_mixture
from .populations.stability import Classes as Classes, find_classes as find_classes
from .power_law import PowerLawFit as PowerLawFit, fit_power_law as fit_power_law
from .psychometric import (
    LogisticFit as LogisticFit,
    PsychometricCurve as PsychometricCurve,
    fit_logistic as fit_logistic,
    psychometric_curve as psychometric_curve,
    wilson_intervals as wilson_intervals,
)
from .relaxation import Relaxation as Relaxation, fit_relaxation as fit_relaxation
from .reverse_correlation import (
    PsychophysicalKernel as PsychophysicalKernel,
    psychophysical_kernel as psychophysical_kernel,
)
from .sparse_and_modes import sparse_part as sparse_part
from .survival import (
    ablation_ranks as ablation_ranks,
    breaking_interval as breaking_interval,
    breaking_level as breaking_level,
    interval as interval,
    rank_agreement as rank_agreement,
    resampled_accuracy as resampled_accuracy,
    resampled_means as resampled_means,
    resampled_trials as resampled_trials,
)
from .weights import (
    cell_types as cell_types,
    mode_operations as mode_operations,
    out_degree as out_degree,
    synapses as synapses,
    synaptic_operations as synaptic_operations,
)
