"""Sentences for people: the catalogue, and those that pages and documents share."""
