"""Symbols and measures, each explained where it stands."""

PERFORMANCE = {
    "performance": "1 for a perfect answer, 0 for the best constant one: the explained variance of"
    " target traces, or the accuracy of classes corrected for chance",
    "accuracy": "share of trials with the right choice or class, from the last 200 ms of the"
    " response in the tasks of choices",
    "explained variance": "1 less the mean squared error over the variance of the targets",
    "MSE": "mean squared difference of outputs and targets",
}
AGREEMENT = PERFORMANCE | {
    "twin": "the network in PyTorch, in which it learned",
    "spike match": "share of neurons' steps in which twin and Brian2 agree on whether there is a"
    " spike",
    "continuous form": "the network as differential equations, which need no step of their own",
}
CONTROLS = {
    "without recurrence": "W set to 0 after training; nothing is relearned",
    "neurons permuted": "rows of the modes dealt to other neurons: the same weights, elsewhere",
    "chance": "the better constant answer",
    "ideal observer": "knows the task and sees the inputs alone",
}
EXCITABILITY = {
    "input gain": "a factor on all that arrives at the neurons",
    "rheobase": "the weakest constant drive that makes a cell fire",
    "slope ratio": "the change of the rate with a drive by the surrogate gradient over the change"
    " that is measured",
}
TRAINING = {
    "loss": "what the updates make smaller: the error of the batch and any penalties",
    "update": "one change of the weights, after a batch of trials",
}
EVIDENCE = {
    "log-odds": "log of the odds of a positive choice, p/(1 − p)",
    "slope": "by how much the log-odds rise for a unit of evidence",
    "psychophysical kernel": "mean evidence before positive choices less that before negative ones,"
    " in each bin of time",
    "95 % interval": "of proportions by Wilson, of kernels by bootstrap over trials",
}
ACTIVITY = {
    "rate": "spikes per second; of the population smoothed with a Gaussian of 10 ms",
    "Hz": "per second",
}
MODES = {
    "N, P": "numbers of neurons and of modes",
    "W": "recurrent weights, W = xi_in Σ xi_outᵀ, rows postsynaptic",
    "xi_in, ξ_in": "input modes (N × P): along them recurrent input drives the neurons",
    "xi_out, ξ_out": "output modes (N × P): they select the activity that counts",
    "Σ, λ": "scores of the modes, P × P or its diagonal λ",
    "R": "spikes filtered by the synapse (N), in time",
    "κ_out, κ_in": "coordinates of the activity, xi_outᵀ R and xi_inᵀ R",
    "τ": "importance of a mode: how large its input and output modes and its score are together;"
    " no measure of what the network loses without it",
    "γ": "exponent of a power law of τ over ranks, where one fits",
}
PLAUSIBILITY = {
    "CV": "standard deviation of intervals between spikes over their mean; 1 for a Poisson process",
    "CV2": "the same of neighbouring intervals",
    "Fano factor": "variance over mean of spike counts across repeats; 1 for a Poisson process",
    "verdict": "on the whole interval: within, outside, or undecided where it covers an end",
}
STRESS = PERFORMANCE | {
    "level": "how strong a condition is; 0 is the undisturbed network",
    "half at": "level at which performance falls below half of the undisturbed network's",
    "draw": "one realisation of what is random in a condition",
}
