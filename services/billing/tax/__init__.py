"""Which tax applies: rules, rates, VAT IDs and the register that confirms them."""
