"""Adding funds."""
