"""A company's transactions, on pages and as a file."""
