"""Starts and supervises what runs on one machine."""
