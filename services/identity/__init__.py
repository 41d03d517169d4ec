"""Identity: who the people are, for which companies they act, and that it is they."""
