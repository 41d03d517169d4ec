"""People: their email, password and verification."""
