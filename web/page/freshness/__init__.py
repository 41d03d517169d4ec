"""How fresh what is shown is: what changed since, and what was last known."""
