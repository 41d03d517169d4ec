"""Who buys and who sells: companies, sellers, and where VAT law places them."""
