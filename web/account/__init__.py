"""My Account and what belongs to a person's security."""
