"""The people of a company: roles, two-factor authentication, ownership."""
