"""The three-factor rule in mode space."""
