"""A company's profile: its legal details and tax."""
