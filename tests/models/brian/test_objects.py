import numpy as np
from spikemodes.models.brian.objects import in_synapse_order


def test_weights_run_through_senders_then_receivers_then_trials():
    post_by_pre = np.array([[1, 2, 3], [4, 5, 6]])  # 2 receivers, 3 senders
    assert in_synapse_order(post_by_pre, 2).tolist() == [1, 4, 2, 5, 3, 6] * 2
