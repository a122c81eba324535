"""httpx2 for servers on loopback: one TLS context for all, without the certificates whose reading takes 50 ms."""

import ssl
from functools import partial

import httpx2

from infra24 import outbound

_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Client = partial(httpx2.Client, verify=_TLS)
AsyncClient = partial(httpx2.AsyncClient, verify=_TLS)
OutboundClient = partial(outbound.OutboundClient, tls=_TLS)
request = partial(httpx2.request, verify=_TLS)
get = partial(httpx2.get, verify=_TLS)
post = partial(httpx2.post, verify=_TLS)
patch = partial(httpx2.patch, verify=_TLS)
