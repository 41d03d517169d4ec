"""The Verification Center."""
