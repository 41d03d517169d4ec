"""Imports of the catalogue and of services, from files of any size."""
