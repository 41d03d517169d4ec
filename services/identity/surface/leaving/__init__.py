"""The methods of what ends: companies, accounts, and what operators lock."""
