"""Accounts: signing up, closing a company, exporting and erasing, and operators."""
