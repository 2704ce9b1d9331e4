"""How a gradient compares with others, in words."""

from spikemodes.experiments.pipeline.gradients import in_words


def test_each_block_is_said_for_each_gradient_that_it_was_compared_with():
    words = in_words({"e-prop": {"xi_in": 1.0, "xi_out": 0.9714}, "bptt": {"xi_in": 0.5}})
    assert words == [
        "gradient: cosine with e-prop: xi_in 1.000, xi_out 0.971",
        "gradient: cosine with backpropagation through time: xi_in 0.500",
    ]


def test_nothing_is_said_where_nothing_was_compared():
    assert in_words({}) == []
