"""A small name server on loopback, over UDP and TCP, with a zone that tests write and may change at any time."""

import asyncio
import struct
from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import TracebackType

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.rrset
from parley.relay.settings import DnsSettings
from parley.tests.times import LIMIT

Value = str | bytes | tuple[bytes, ...]  # TXT: text, bytes, or its strings; all else: as in a zone file
Zone = Mapping[str, Iterable[tuple[str, Value]]]
SILENT = "silent"
_UDP_OCTETS = 1232
_SOA = "ns.test. root.test. 1 60 60 60 60"


class DnsServer:
    """Answers from its zone; a name that is nowhere in it does not exist. `asked` lists the questions in order.

    `trouble` maps a name, or a name and type, to SERVFAIL or another code, or to SILENT: no answer ever.
    """

    def __init__(self, zone: Zone | None = None, ttl: int = 300) -> None:
        self._records: dict[str, list[tuple[str, Value]]] = {}
        self.trouble: dict[str | tuple[str, str], dns.rcode.Rcode | str] = {}
        self.asked: list[tuple[str, str]] = []
        self.ttl = ttl
        self.patience = 1.0  # seconds that are waited for an answer while some never come
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self.address = ""
        for name, records in (zone or {}).items():
            for kind, value in records:
                self.add(name, kind, value)

    def add(self, name: str, kind: str, value: Value) -> None:
        """Put one record into the zone."""
        self._records.setdefault(_key(name), []).append((kind, value))

    def remove(self, name: str) -> None:
        """Take all records of a name out of the zone."""
        self._records.pop(_key(name), None)

    @property
    def settings(self) -> DnsSettings:
        """Settings that ask this server alone, and are patient with it unless it has been told to be silent."""
        seconds = self.patience if SILENT in self.trouble.values() else LIMIT
        return DnsSettings(servers=(self.address,), timeout=timedelta(seconds=seconds))

    async def __aenter__(self) -> "DnsServer":
        while not await self._listen():
            pass
        return self

    async def _listen(self) -> bool:
        """Take one port, for UDP and TCP; False when it is free for only one of them."""
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=("127.0.0.1", 0))
        host, port = self._udp.get_extra_info("sockname")
        self.address = f"{host}:{port}"
        try:
            self._tcp = await asyncio.start_server(self._serve_tcp, host, port)
        except OSError:
            self._udp.close()
            return False
        return True

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._udp:
            self._udp.close()
        if self._tcp:
            self._tcp.close()
            await self._tcp.wait_closed()

    def answer(self, data: bytes, limit: int = 65_535) -> bytes | None:
        """The response to one query, None for none; cut and marked as cut (TC) where it is over `limit` octets."""
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = _key(question.name.to_text()), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        trouble = self.trouble.get((name, kind), self.trouble.get(name))
        if isinstance(trouble, str):
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if trouble is not None:
            response.set_rcode(trouble)
            return response.to_wire()
        self._fill(response, question.name, kind)
        wire = response.to_wire(max_size=65_535)
        if len(wire) <= limit:
            return wire
        response.answer.clear()
        response.flags |= dns.flags.TC
        return response.to_wire()

    def _fill(self, response: dns.message.Message, name: dns.name.Name, kind: str) -> None:
        """Add what the zone says of `name`, following CNAMEs as a resolver does."""
        for _ in range(12):
            records = self._records.get(_key(name.to_text()))
            found = [value for key, value in records or () if key == kind]
            aliases = [value for key, value in records or () if key == "CNAME"]
            if found:
                response.answer.append(dns.rrset.from_rdata_list(name, self.ttl, [_rdata(kind, v) for v in found]))
                return
            if not aliases:
                response.authority.append(dns.rrset.from_rdata(dns.name.root, self.ttl, _rdata("SOA", _SOA)))
                if records is None and not self._is_inner(name):
                    response.set_rcode(dns.rcode.NXDOMAIN)
                return
            response.answer.append(dns.rrset.from_rdata(name, self.ttl, _rdata("CNAME", aliases[0])))
            name = dns.name.from_text(str(aliases[0]))

    def _is_inner(self, name: dns.name.Name) -> bool:
        """True where there are names below this one (an empty non-terminal exists, RFC 8020)."""
        return any(other.endswith(f".{_key(name.to_text())}") for other in self._records)

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            response = self.answer(await reader.readexactly(length))
            if response is not None:
                writer.write(struct.pack("!H", len(response)) + response)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        response = self._server.answer(data, _UDP_OCTETS)
        if response is not None and self._transport:
            self._transport.sendto(response, addr)


def _key(name: str) -> str:
    return dns.name.from_text(name).to_text(omit_final_dot=True).lower()


def _rdata(kind: str, value: Value) -> dns.rdata.Rdata:
    if kind in {"TXT", "SPF"}:
        whole = value.encode() if isinstance(value, str) else value
        strings = whole if isinstance(whole, tuple) else tuple(whole[at : at + 255] for at in range(0, len(whole), 255))
        return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.from_text(kind), strings or (b"",))
    return dns.rdata.from_text("IN", kind, str(value), origin=dns.name.root, relativize=False)
