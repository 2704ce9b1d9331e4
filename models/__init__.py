"""Spiking networks as plain data, and their simulation in Brian2."""
