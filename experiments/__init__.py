"""Tasks, runs, reports and the command line."""
