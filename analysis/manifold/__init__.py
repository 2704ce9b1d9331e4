"""The low-dimensional space that activity keeps to: dimensions, axes, end states, decoding."""
