"""Which addresses belong to the public internet."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Ranges that hold an IPv4 address which a gateway would reach: NAT64 (RFC 6052, RFC 8215).
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
# Given back to no network and routed by some: IPv4-compatible addresses (RFC 4291, deprecated), site-local (RFC 3879).
_REFUSED = (ipaddress.IPv6Network("::/96"), ipaddress.IPv6Network("fec0::/10"))


def as_address(text: str) -> Address | None:
    """An IP address written in a URL or returned by a resolver; None for a name. A zone (%eth0) is left out."""
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also the IPv4 address that an IPv6 address carries."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _carried(address)
        if inner is not None:
            return is_public(inner)
        if any(address in network for network in _REFUSED):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
