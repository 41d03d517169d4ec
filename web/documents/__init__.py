"""A company's documents: invoices and what else was issued to it."""
