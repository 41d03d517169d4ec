"""Payments: by card, at a gateway's page or by bank, booked once."""
