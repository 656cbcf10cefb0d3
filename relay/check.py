"""`parley check`: everything that is wrong or risky in the settings and their surroundings, each with its mend."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from ..store.blobs import open_blobs, probe
from ..store.schema import head, schema_of
from ..store.writer import StoreFailed
from .compose.dkim import KeyUnusable, read_key
from .placing import NoStore, look, place_of
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. `level` is error (will not work) or risk (works, but you may not want it)."""

    level: str
    what: str
    mend: str


async def findings(settings: Settings) -> list[Finding]:
    """Return what is wrong or risky. Connects to nothing but the configured store, bucket and smarthost."""
    found = [
        *_marketplaces(settings),
        *_people(settings),
        *_keys(settings),
        *_tls(settings),
        *_dkim(settings),
        *_doors(settings),
        *_test(settings),
        *_store(settings),
    ]
    return [*found, *await _bucket(settings), *await _route(settings)]


def _marketplaces(settings: Settings) -> Iterator[Finding]:
    if not settings.marketplace:
        yield Finding(
            "error", "there is no [[marketplace]], so no address is ours", "add one with id, name, reply_domain"
        )
    if settings.links.base_url.startswith("http://") and not _is_loopback(settings.links.base_url.split("/")[2]):
        yield Finding("risk", "links.base_url is http://, so personal links can be read on the way", "use https://")


def _people(settings: Settings) -> Iterator[Finding]:
    if not settings.operator.email:
        mend = "set operator.email; until then such mail waits in `parley queue list`"
        yield Finding("risk", "operator.email is not set, so mail to postmaster@ and abuse@ reaches nobody", mend)


def _keys(settings: Settings) -> Iterator[Finding]:
    for key in settings.api.keys:
        if len(key.key) < 20:
            yield Finding(
                "risk", f"the API key of {key.name} is short enough to be guessed", "use 20 random characters"
            )


def _tls(settings: Settings) -> Iterator[Finding]:
    smtp = settings.smtp
    if smtp.tls_certificate:
        try:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(settings.path(smtp.tls_certificate), settings.path(smtp.tls_key))
        except (OSError, ssl.SSLError) as error:
            yield Finding("error", f"smtp.tls_certificate and tls_key cannot be used: {error}", "check both files")
    elif not _is_loopback(smtp.listen):
        yield Finding(
            "risk", "smtp.tls_certificate is not set, so mail comes in unencrypted", "set certificate and key"
        )


def _dkim(settings: Settings) -> Iterator[Finding]:
    if not settings.dkim.keys:
        yield Finding("risk", "dkim.key_file is not set, so mail goes out unsigned", "run `parley dkim new`")
    for key in settings.dkim.keys:
        try:
            read_key(settings.path(key.key_file).read_bytes(), key.selector)
        except (OSError, KeyUnusable) as error:
            yield Finding("error", f"dkim.key_file {key.key_file} cannot be used: {error}", "check selector and file")


def _test(settings: Settings) -> Iterator[Finding]:
    if settings.test.crash_points:
        what = "test.crash_points is on, so the environment can kill this gateway in the middle of its work"
        yield Finding("error", what, "set it to false; it is for tests of the gateway itself")


def _doors(settings: Settings) -> Iterator[Finding]:
    for key, address in (("smtp.listen", settings.smtp.listen), ("links.listen", settings.links.listen)):
        reason = cannot_listen(address)
        if reason:
            yield Finding("risk", f"{key} = {address} cannot be listened on now: {reason}", "is the gateway running?")


def _store(settings: Settings) -> Iterator[Finding]:
    if settings.database is not None:
        folder = next(parent for parent in settings.database.parents if parent.exists())
        if not _writable(folder):
            yield Finding("error", f"the store's folder {folder} cannot be written to", "change its owner or store.url")
    try:
        now = look(settings, schema_of)
    except NoStore:
        return  # the first start makes it
    except (StoreFailed, OSError) as error:
        yield Finding("error", f"the store cannot be used: {error}", "check store.url and what it needs")
        return
    if now != head():
        yield Finding("error", f"the store has schema {now}, this version needs {head()}", "run `parley migrate`")


async def _bucket(settings: Settings) -> list[Finding]:
    """Put something into the bucket of the large mails, and take it away again."""
    if not settings.store.in_bucket:
        return []
    try:
        await asyncio.to_thread(lambda: probe(open_blobs(place_of(settings).blobs).keep))
    except ImportError:
        return [Finding("error", "a bucket needs obstore, which is not installed", "pip install parley-relay[s3]")]
    except FileNotFoundError:
        return [Finding("error", f"large mails cannot be kept: {settings.store.blobs} is not there", "make the bucket")]
    except OSError as error:
        mend = "check store.blobs, store.endpoint, the keys and what they may do: put, get, head, list, delete"
        return [Finding("error", f"large mails cannot be kept: {error}", mend)]
    return []


async def _route(settings: Settings) -> list[Finding]:
    outbound = settings.outbound
    if outbound.route != "smarthost":
        return []
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(outbound.host, outbound.port)
        writer.close()
    except (OSError, TimeoutError) as error:
        what = f"the smarthost {outbound.host}:{outbound.port} does not answer: {error or 'no answer in 5 s'}"
        return [Finding("risk", what, "mail waits in the queue until it does; check outbound.host and port")]
    return []


def cannot_listen(address: str) -> str:
    """Return why `host:port` cannot be listened on, "" when it can."""
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host.strip("[]"), int(port)))
    except (OSError, OverflowError) as error:
        return error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return ""


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0] or address
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _writable(folder: Path) -> bool:
    import os

    return os.access(folder, os.W_OK)
