"""A page and its blocks: from the visit to the answer, and where it fails."""
