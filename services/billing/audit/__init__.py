"""Checks of the books, and the upkeep of what is derived from them."""
