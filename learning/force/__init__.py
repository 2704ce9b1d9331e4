"""FORCE: recursive least squares on a readout that feeds back."""
