"""New customers who open their own accounts."""
