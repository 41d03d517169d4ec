"""The methods about who comes to belong to a company."""
