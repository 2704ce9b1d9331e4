"""The differentiable counterparts of networks in Brian2."""
