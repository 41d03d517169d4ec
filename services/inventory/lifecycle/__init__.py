"""A service's life: its states, and what may change them."""
