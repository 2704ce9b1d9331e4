"""Are two solutions alike? Distances between trajectories and between dynamics, and their map."""
