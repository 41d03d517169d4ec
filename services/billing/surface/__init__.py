"""Billing's methods, a module per package; together they are `BillingService`."""
