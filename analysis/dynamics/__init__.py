"""Dynamics of a few variables known by measurement: fixed points, stability, cycles."""
