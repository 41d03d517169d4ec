"""The dashboard and its blocks."""
