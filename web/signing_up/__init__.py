"""Signing up, where the provider allows it."""
