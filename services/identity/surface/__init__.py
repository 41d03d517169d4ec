"""The methods of identity's rooms: each decodes, calls its topic's module, encodes."""
