"""A company's members."""
