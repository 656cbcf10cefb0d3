"""Public keys of DKIM and ARC in the DNS (RFC 6376 section 3.6.1, RFC 8463), and the check of a signature by one."""

import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ...nameservers import NameServers, Unavailable
from . import tags
from .values import DkimResult

_SMALLEST_RSA = 1024  # bits; RFC 8301 section 3.2
_LARGEST_RSA = 8192  # one signature is not to cost us more time than a mail is worth
_DOMAIN = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_KEY_NAMES = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}

ALGORITHMS = frozenset(_KEY_NAMES)
PublicKey = RSAPublicKey | Ed25519PublicKey


class Unusable(Exception):
    """A signature that proves nothing: its result by RFC 8601 and a few words of ours on why."""

    def __init__(self, result: DkimResult, why: str) -> None:
        super().__init__(why)
        self.result: DkimResult = result
        self.why = why


@dataclass(frozen=True, slots=True)
class Key:
    """One key record. `strict`: a signature's identity must be of the very domain (t=s)."""

    key: PublicKey
    strict: bool = False
    testing: bool = False


def is_domain(text: str) -> bool:
    """True for a domain in lower-case A-labels; nothing that would be an escape in a DNS name."""
    return bool(_DOMAIN.fullmatch(text))


async def fetch(domain: str, selector: str, algorithm: str, servers: NameServers) -> Key:
    """Return the key of `selector` at `domain` for `algorithm`. Raises Unusable."""
    try:
        texts = await servers.texts(f"{selector}._domainkey.{domain}")
    except Unavailable as error:
        raise Unusable("temperror", "the key could not be had just now") from error
    if len(texts) != 1:  # several: undefined by section 3.6.2.2, so nothing
        raise Unusable("permerror", "there are several keys" if texts else "there is no key")
    return read(texts[0], algorithm)


@lru_cache(1000)
def read(record: bytes, algorithm: str) -> Key:
    """Return the key that a record holds for `algorithm`. Raises Unusable."""
    try:
        values = tags.read(record)
        material = tags.decoded(values.get("p", ""))
    except ValueError as error:
        raise Unusable("permerror", f"the key cannot be read: {error}") from error
    if "v" in values and (values["v"] != "DKIM1" or list(values).index("v")):
        raise Unusable("permerror", "the key is of another version")
    if not material:
        raise Unusable("permerror", "the key is revoked" if "p" in values else "the key record has no key")
    if values.get("k", "rsa") != _KEY_NAMES[algorithm]:
        raise Unusable("permerror", "the key is of another kind")
    if "h" in values and "sha256" not in _listed(values["h"]):
        raise Unusable("permerror", "the key is not for SHA-256")
    if "s" in values and not {"*", "email"} & _listed(values["s"]):
        raise Unusable("permerror", "the key is not for mail")
    flags = _listed(values.get("t", ""))
    return Key(_load(material, algorithm), strict="s" in flags, testing="y" in flags)


def verify(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    """True when `signature` is that of the bytes `signed`."""
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, signed, PKCS1v15(), SHA256())
        else:
            digest = Hash(SHA256())
            digest.update(signed)
            key.verify(signature, digest.finalize())  # RFC 8463 section 3: it signs the hash
    except InvalidSignature:
        return False
    return True


def _listed(value: str) -> set[str]:
    return set(tags.unfolded(value).split(":"))


def _load(material: bytes, algorithm: str) -> PublicKey:
    try:
        if algorithm == "ed25519-sha256":
            return Ed25519PublicKey.from_public_bytes(material)
        key = load_der_public_key(material)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unusable("permerror", "the key cannot be read") from error
    if not isinstance(key, RSAPublicKey):
        raise Unusable("permerror", "the key is of another kind")
    if not _SMALLEST_RSA <= key.key_size <= _LARGEST_RSA:
        raise Unusable("policy", f"a key of {key.key_size} bits")
    return key
