"""Personal links: 128 bits that open one participant's view of one inquiry.

The token is computed from the gateway's secret, so that every mail can carry the same link without the token
being kept anywhere; the store knows only its hash. Whoever has a copy of the database alone opens nothing.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path


class LinkMaker:
    """Makes and hashes link tokens. `secret` is 32 bytes that never leave this machine."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, participant_id: str, renewed: int = 0) -> str:
        """Return the 22-character token of a participant's link, that after `renewed` renewals."""
        return self._derive("link", f"{participant_id}.{renewed}" if renewed else participant_id)

    def form_key(self, session: str) -> str:
        """Return what a form of this session must bring back (CSRF)."""
        return self._derive("form", session)

    def proof(self, message_id: str) -> str:
        """Return the token by which the writer of a held message shows that its address is his."""
        return self._derive("proof", message_id)

    def copies(self, participant_id: str) -> str:
        """Return the token by which a participant switches his copies off and on; it opens nothing else."""
        return self._derive("copies", participant_id)

    def _derive(self, purpose: str, name: str) -> str:
        digest = hmac.digest(self._secret, f"{purpose}:{name}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def link_address(base_url: str, token: str) -> str:
    """Return the address of the page that a personal link opens."""
    return f"{base_url}/c/{token}"


def token_hash(token: str) -> str:
    """Return what the store knows a token by."""
    return hashlib.sha256(token.encode()).hexdigest()


def read_secret(path: Path) -> bytes:
    """Read the secret file, making it at the first start. Raises OSError, ValueError when it is too short."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) < 32:
            raise ValueError(f"{path} holds fewer than 32 bytes; remove it to get a new one") from None
        return secret
    secret = secrets.token_bytes(32)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret
