"""Networks as plain data: modes, dense weights, rates, and their files."""
