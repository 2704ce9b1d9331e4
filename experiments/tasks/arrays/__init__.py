"""Recordings of the user's own."""
