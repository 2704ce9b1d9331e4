"""NeuroGym environments."""
