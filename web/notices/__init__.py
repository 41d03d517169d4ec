"""Notifications: their list, the bell, and "This wasn't me" of the mails."""
