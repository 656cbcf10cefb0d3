"""What reaches an SMTP command or the mail's end has been checked first."""

import pytest
from parley.relay.outbound.transport import Envelope
from parley.tests.peer import Peer
from parley.tests.sending import DATA, ENVELOPE, to


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "@b.example",
        "ann@",
        "ann@b.example\r\nRCPT TO:<eve@c.example>",
        "ann@b.example\n",
        "ann\0@b.example",
        "ann@b.example> SIZE=1",
        "<ann@b.example>",
        "Ann <ann@b.example>",
        "ann @b.example",
        "ann@b .example",
        "ann@@b.example",
        "ann.@b.example",
        "an(n)@b.example",
        '"ann"x@b.example',
        '"an\n"@b.example',
        "ann,eve@b.example",
        "ann\u2028@b.example",
        "ann\u202e@b.example",
        "ann\udcff@b.example",
        "ann@b.example\udcff",
        "ann@[192.0.2.1]",
        "ann@-b.example",
        "ann@b..example",
        "ann@b.example.",
        "ann@b_c.example",
        "ann@" + "b" * 64 + ".example",
        "a" * 65 + "@b.example",
        "ann@" + "b." * 126 + "example",
        "ann@ex\u2028ample.example",
        "ann@٠.example",
    ],
)
async def test_what_is_no_address_never_reaches_the_wire(address: str) -> None:
    async with Peer() as peer, to(peer) as transport:
        outcome = await transport.send(Envelope("", address), DATA)
        assert (outcome.state, outcome.enhanced, outcome.cause) == ("failed", "5.1.3", "")
        assert outcome.text.isprintable()
        if address:
            outcome = await transport.send(Envelope(address, "ann@b.example"), DATA)
            assert (outcome.state, outcome.enhanced) == ("failed", "5.1.7")
        assert peer.connections == 0


@pytest.mark.parametrize("data", [b"", b"x", b"x\n", b"x\r\n.\n", b"a\rb\r\n", b"a\n.\nb\r\n", b"a\0\r\n"])
async def test_what_could_end_a_mail_early_never_reaches_the_wire(data: bytes) -> None:
    async with Peer() as peer, to(peer) as transport:
        outcome = await transport.send(ENVELOPE, data)
        assert (outcome.state, outcome.enhanced, outcome.stage) == ("failed", "5.6.0", "data")
        assert peer.connections == 0
