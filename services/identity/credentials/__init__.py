"""What people sign in with, changed: passwords, resets, emails."""
