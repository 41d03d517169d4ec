"""Companies and their people: details, membership, invitations, ownership."""
