"""Files, keys, ports and processes of this machine."""
