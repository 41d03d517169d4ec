"""Billing: wallets and the ledger, top-ups with their tax, charges, and documents."""
