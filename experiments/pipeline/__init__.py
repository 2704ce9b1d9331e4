"""The steps of a run and the directory that keeps what they find."""
