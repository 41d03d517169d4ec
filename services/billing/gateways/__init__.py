"""Payment gateways: the ways that money comes in, behind one small interface."""
