"""A company's profile: its legal details, tax and members."""
