"""The commands about customers: users, companies and members."""
