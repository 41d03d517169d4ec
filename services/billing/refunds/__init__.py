"""Money given back: refunds, customers' requests for them, credited invoices."""
