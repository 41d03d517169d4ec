"""A company's wallets."""
