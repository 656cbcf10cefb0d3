"""Time of one proof with a warm DNS cache: `python -m parley.bench.proof`. Exit 1 where the median is over 3 ms."""

import asyncio
import gc
import statistics
import sys
import time

from parley.relay.arrival import Arrival
from parley.relay.inbound.proof import Prover
from parley.relay.mail.addresses import read_from
from parley.tests.dns_server import DnsServer
from parley.tests.signing import Letter, arrival, rsa_key, rsa_record, sign

ROUNDS = 1000
LIMIT = 3.0  # ms
FROM = "Jean <jean@mail.acme.example>"
ZONE = {
    "acme.example": [("TXT", "v=spf1 include:_spf.host.example include:_spf.bulk.example mx -all")],
    "_spf.bulk.example": [("TXT", "v=spf1 ip4:198.51.100.0/24 ip6:2001:db8::/32 -all")],
    "_spf.host.example": [("TXT", "v=spf1 include:_a.host.example include:_b.host.example ~all")],
    "_a.host.example": [("TXT", "v=spf1 ip4:203.0.113.0/25 ip4:203.0.113.192/26 -all")],
    "_b.host.example": [("TXT", "v=spf1 ip4:192.0.2.0/24 -all")],
    "s1._domainkey.acme.example": [("TXT", rsa_record(rsa_key(2048)))],
    "s2._domainkey.host.example": [("TXT", rsa_record(rsa_key(2048)))],
    "_dmarc.acme.example": [("TXT", "v=DMARC1; p=reject; rua=mailto:d@acme.example")],
}


def mails() -> dict[str, Arrival]:
    """The mails that are measured: SPF with four includes, one or two signatures of 2048 bits, small and large."""
    key = rsa_key(2048)
    small = Letter(FROM, text="We can deliver in March.\r\n" * 80)
    large = Letter(FROM, text="x" * 76 + "\r\n", extra="MIME-Version: 1.0\r\n").data + (b"y" * 76 + b"\r\n") * 26_000
    one = sign(small.data, "acme.example", "s1", key)
    return {
        "unsigned, 2 kB": arrival(small.data, "jean@acme.example"),
        "one signature, 2 kB": arrival(one, "jean@acme.example"),
        "two signatures, 2 kB": arrival(sign(one, "host.example", "s2", key), "jean@acme.example"),
        "one signature, 2 MB": arrival(sign(large, "acme.example", "s1", key), "jean@acme.example"),
    }


async def measure(prover: Prover, mail: Arrival, rounds: int) -> list[float]:
    """Times in ms."""
    author = read_from([FROM.encode()]).address
    times: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter()
        proof = await prover.prove(mail, author)
        times.append((time.perf_counter() - start) * 1000)
        assert proof.proved, proof
    return times


async def main() -> int:
    over = False
    async with DnsServer(ZONE, ttl=3600) as server:
        prover = Prover(server.settings, "mx.reply.example")
        for name, mail in mails().items():
            await measure(prover, mail, 20)
            gc.collect()
            small = len(mail.data) < 1_000_000
            times = sorted(await measure(prover, mail, ROUNDS if small else ROUNDS // 20))
            p50, p99 = statistics.median(times), times[int(len(times) * 0.99)]
            print(f"{name:24} p50 {p50:6.2f} ms   p99 {p99:6.2f} ms   {1000 / statistics.mean(times):6.0f} mails/s")
            over |= small and p50 > LIMIT
    return int(over)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
