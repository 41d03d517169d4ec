"""What people did: the trail of one's own account and of a company."""
