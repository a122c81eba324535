"""The part of a network address that one customer of a provider is given."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=16_384)
def network_prefix(address: str) -> str:
    """An IPv4 address as it is, an IPv6 address by its first half (/64), what is no address as it is.

    An IPv4 address in the notation of IPv6 (`::ffff:192.0.2.1`) counts as the IPv4 address.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
