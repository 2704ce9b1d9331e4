"""Neurons and the filters of their spike trains, as Brian2 text."""
