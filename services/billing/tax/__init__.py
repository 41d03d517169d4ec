"""Which tax applies: calculation, rates, VAT IDs, the register that confirms them."""
