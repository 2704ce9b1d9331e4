"""Networks run in Brian2: objects, compiled programs, recordings."""
