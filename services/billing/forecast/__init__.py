"""The dashboard: recurring costs, what falls due, Recommended Add Funds."""
