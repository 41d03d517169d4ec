"""Files, keys, ports and processes of the machine it runs on."""
