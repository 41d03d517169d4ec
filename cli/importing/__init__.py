"""Files on their way into inventory: read, sent in batches, applied as a whole.

What a value may be is inventory's to say; here it is only found in the file.
"""
