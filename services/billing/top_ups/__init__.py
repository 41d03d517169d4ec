"""Top-ups: quoted within limits, begun, cancelled, expired."""
