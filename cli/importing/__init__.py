"""Import files into inventory: read them, send batches, apply them as a whole.

Inventory validates the values; this package only reads them from the file.
"""
