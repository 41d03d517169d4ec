"""Who belongs to a company and how; who gets its documents without that."""
