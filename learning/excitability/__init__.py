"""How easily neurons are made to fire: measured before they learn."""
