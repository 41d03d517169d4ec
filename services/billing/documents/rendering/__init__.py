"""Documents as files: a PDF/A-3 for people, EN 16931 XML for machines.

Pure: from a `DocumentContent` alone, so the same content has the same bytes for ever.
"""
