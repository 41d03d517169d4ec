"""The steps of verification that people take themselves."""
