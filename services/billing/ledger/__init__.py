"""The ledger, the wallets in it, and how money is posted."""
