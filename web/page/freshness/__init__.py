"""Freshness of what is shown: changes since, and last known data."""
