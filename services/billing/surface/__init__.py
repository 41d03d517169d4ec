"""Billing's methods, room by room; together they are `BillingService`."""
