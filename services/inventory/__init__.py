"""Inventory: what the provider sells, and which services each company has of it."""
