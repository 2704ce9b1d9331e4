from .cortex import Metric as Metric, Reported as Reported, plausibility as plausibility
from .firing import (
    binned_rate as binned_rate,
    neuron_rates as neuron_rates,
    smoothed_rate as smoothed_rate,
)
from .importance import mode_importance as mode_importance
from .leading_directions import Directions as Directions, fewest as fewest
from .mode_space import (
    PCA as PCA,
    EndStates as EndStates,
    condition_means as condition_means,
    end_states as end_states,
    mode_overlaps as mode_overlaps,
    orthonormal_basis as orthonormal_basis,
    participation_ratio as participation_ratio,
    principal_angles as principal_angles,
    principal_components as principal_components,
)
from .power_law import PowerLawFit as PowerLawFit, fit_power_law as fit_power_law
from .psychometric import (
    LogisticFit as LogisticFit,
    PsychometricCurve as PsychometricCurve,
    fit_logistic as fit_logistic,
    psychometric_curve as psychometric_curve,
    wilson_intervals as wilson_intervals,
)
from .reverse_correlation import (
    PsychophysicalKernel as PsychophysicalKernel,
    psychophysical_kernel as psychophysical_kernel,
)
from .spiking import (
    SpikeStatistics as SpikeStatistics,
    spike_statistics as spike_statistics,
    spike_trains as spike_trains,
)
from .survival import (
    accuracy_interval as accuracy_interval,
    breaking_level as breaking_level,
    causal_ranks as causal_ranks,
    rank_agreement as rank_agreement,
)
from .weights import (
    WeightStatistics as WeightStatistics,
    synaptic_operations as synaptic_operations,
    weight_statistics as weight_statistics,
)
