"""Training: recipes, rules, constraints, penalties and the loop."""
