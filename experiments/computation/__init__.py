"""What a network computes and how: a file for each question, answered when a run is analysed."""
