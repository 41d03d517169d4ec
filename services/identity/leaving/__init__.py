"""Leaving: what a person takes along, and what of them and a company stays."""
