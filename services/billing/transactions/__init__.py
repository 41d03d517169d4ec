"""The list of a company's transactions: filtered, searched, opened."""
