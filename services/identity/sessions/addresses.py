"""IP addresses: one spelling each, the network that one counts for, and in words."""

import ipaddress

_IPV6_SITE_BITS = 64
_SHOWN_IPV6_GROUPS = 3


def normalise_address(text: str) -> str:
    """Normalise an IP address; return an empty text if it is not valid."""
    without_interface = text.strip().partition("%")[0]
    try:
        address = ipaddress.ip_address(without_interface)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def site_of(address: str) -> str:
    """Return the network that an address counts for: IPv6 customers have a /64."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address, _IPV6_SITE_BITS), strict=False))


def shorten(address: str) -> str:
    """Return a normalised address as people are shown it, such as ``203.0.113.x``.

    Empty for an empty one. Of IPv6 it is the first 48 bits.
    """
    if not address:
        return ""
    if ":" not in address:
        return f"{address.rpartition('.')[0]}.x"
    groups = ipaddress.IPv6Address(address).exploded.split(":")[:_SHOWN_IPV6_GROUPS]
    return ":".join(f"{int(group, 16):x}" for group in groups) + ":x"
