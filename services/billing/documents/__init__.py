"""Proformas, invoices and credit notes: issued, listed, exported, rendered."""
