"""TLS of the SMTP door."""

import ssl
from asyncio.sslproto import SSLProtocol
from pathlib import Path


class SmallTls(SSLProtocol):
    """TLS whose read buffer is one record (16 kB), not 256 kB: an idle session costs a sixth."""

    max_size = 16_384


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the context for STARTTLS, from PEM files. TLS 1.2 at least (RFC 8996). Raises OSError, ssl.SSLError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
