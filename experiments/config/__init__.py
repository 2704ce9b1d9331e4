"""The configuration of a run: keys, defaults and checks."""
