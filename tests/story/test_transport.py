"""Handing one mail to another server: what is written, and what comes of it."""

import asyncio

import pytest
from parley.relay.outbound.transport import Envelope, Outcome
from parley.tests.peer import Peer, Step
from parley.tests.sending import DATA, ENVELOPE, mails, to
from parley.tests.times import jump


async def test_a_mail_arrives_as_it_was_given() -> None:
    async with Peer() as peer, to(peer) as transport:
        outcome = await transport.send(ENVELOPE, DATA)
        assert outcome == Outcome(
            "sent", 250, "2.0.0", "taken as 1", host=f"{peer.host}:{peer.port}", stage="dot", uncertain=False, cause=""
        )
        assert outcome.remote == f"{peer.host}:{peer.port} said 250 2.0.0 taken as 1"
        (mail,) = peer.mails
        assert (mail.mail_from, mail.rcpt, mail.data) == (ENVELOPE.mail_from, (ENVELOPE.rcpt_to,), DATA)
        assert mail.helo == "mx.reply.example"
        assert mail.options == (f"SIZE={len(DATA)}",)
        assert mail.violations == ()


@pytest.mark.parametrize("data", [b".\r\n", b"..\r\n", b".x\r\n\r\n.\r\n.\r\n", b"\r\n", b"x" * 998 + b"\r\n.\r\n"])
async def test_dots_come_through(data: bytes) -> None:
    async with Peer() as peer, to(peer) as transport:
        assert (await transport.send(ENVELOPE, data)).state == "sent"
        assert peer.mails[0].data == data
        assert peer.mails[0].violations == ()


async def test_big_mails_come_through() -> None:
    data = b"Subject: big\r\n\r\n" + (b"." * 70 + b"\r\n") * 100_000
    async with Peer() as peer, to(peer) as transport:
        assert (await transport.send(ENVELOPE, data)).state == "sent"
        assert peer.mails[0].data == data


async def test_the_null_sender_and_quoted_and_international_addresses() -> None:
    async with Peer() as peer, to(peer) as transport:
        for mail_from, rcpt_to in [("", "ann@b.example"), ('"a b@\\""@x.example', "o'hara+x@b.example")]:
            assert (await transport.send(Envelope(mail_from, rcpt_to), DATA)).state == "sent"
        assert (await transport.send(Envelope("", "ann@straße.example"), DATA)).state == "sent"
        assert (await transport.send(Envelope("", "jürgen@straße.example"), DATA)).state == "sent"
        assert [(mail.mail_from, mail.rcpt[0], "SMTPUTF8" in mail.options) for mail in peer.mails] == [
            ("", "ann@b.example", False),
            ('"a b@\\""@x.example', "o'hara+x@b.example", False),
            ("", "ann@xn--strae-oqa.example", False),
            ("", "jürgen@xn--strae-oqa.example", True),
        ]
        assert peer.violations == []


async def test_8bit_is_announced_only_where_it_is() -> None:
    async with Peer() as peer, to(peer) as transport:
        assert (await transport.send(ENVELOPE, "Subject: x\r\n\r\né\r\n".encode())).state == "sent"
        assert (await transport.send(ENVELOPE, "Subject: é\r\n\r\né\r\n".encode())).state == "sent"
        assert [mail.options[1:] for mail in peer.mails] == [("BODY=8BITMIME",), ("BODY=8BITMIME", "SMTPUTF8")]
        assert peer.violations == []


@pytest.mark.parametrize(
    ("envelope", "data", "enhanced"),
    [
        (Envelope("", "jürgen@b.example"), DATA, "5.6.7"),
        (Envelope("jürgen@b.example", "ann@b.example"), DATA, "5.6.7"),
        (ENVELOPE, "Subject: x\r\n\r\né\r\n".encode(), "5.6.3"),
        (ENVELOPE, b"x" * 998 + b"\r\n", "5.3.4"),
    ],
)
async def test_what_the_remote_does_not_offer_is_not_tried(envelope: Envelope, data: bytes, enhanced: str) -> None:
    async with Peer(offers=("SIZE",), size=500) as peer, to(peer) as transport:
        outcome = await transport.send(envelope, data)
        assert (outcome.state, outcome.code, outcome.enhanced, outcome.stage) == ("failed", 0, enhanced, "mail")
        assert not any(line.startswith("MAIL") for _, line in peer.lines)
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert peer.connections == 1


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(("code", "state"), [(451, "deferred"), (550, "failed"), (421, "deferred")])
async def test_a_refusal_at_any_step_and_the_next_mail_goes_through(step: Step, code: int, state: str) -> None:
    async with Peer() as peer, to(peer) as transport:
        peer.refuse(step, code, f"{code // 100}.7.1 no\x1b[31m thanks", times=1)
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.code, outcome.stage) == (state, code, step)
        assert (outcome.enhanced, outcome.text) == (f"{code // 100}.7.1", "no [31m thanks")
        assert not outcome.uncertain
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert len(peer.mails) == 1
        assert peer.connections == (2 if code == 421 else 1)


@pytest.mark.parametrize("step", ["greeting", "helo"])
@pytest.mark.parametrize("code", [421, 554])
async def test_a_refusal_before_the_mail_is_never_final(step: Step, code: int) -> None:
    async with Peer() as peer, to(peer) as transport:
        peer.refuse("ehlo", 500, "what?")
        peer.refuse(step, code, "go away", times=1)
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.code, outcome.stage) == ("deferred", code, "connect")
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"


async def test_a_remote_that_hangs_up_as_it_greets_does_not_seem_to_offer_nothing() -> None:
    async with Peer() as peer, to(peer) as transport:
        peer.say("ehlo", b"250-peer.test\r\n250 SMTPUTF8\r\n", drop=True)
        for _ in range(20):  # whether the reply or its end is seen first is chance
            assert (await transport.send(Envelope("", "jürgen@b.example"), DATA)).state == "deferred"


async def test_a_remote_without_ehlo_is_greeted_with_helo() -> None:
    async with Peer() as peer, to(peer) as transport:
        peer.refuse("ehlo", 500, "what?")
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert peer.mails[0].options == ()


@pytest.mark.parametrize("step", ["greeting", "ehlo", "mail", "rcpt", "data", "dot"])
async def test_a_connection_that_dies(step: Step) -> None:
    async with Peer() as peer, to(peer) as transport:
        peer.drop(step)
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.code) == ("deferred", 0)
        assert outcome.stage == ("connect" if step in ("greeting", "ehlo") else step)
        assert outcome.uncertain == (step == "dot")
        assert peer.connections == 1
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"


@pytest.mark.parametrize("step", ["greeting", "ehlo", "mail", "rcpt", "data", "dot"])
async def test_a_remote_that_says_nothing(step: Step) -> None:
    async with Peer() as peer, to(peer) as transport:
        stall = peer.stall(step)
        sending = asyncio.create_task(transport.send(ENVELOPE, DATA))
        await stall.reached()
        await jump()
        outcome = await sending
        assert (outcome.state, outcome.code, outcome.text) == ("deferred", 0, "no answer in time")
        assert outcome.uncertain == (step == "dot")


@pytest.mark.parametrize("step", ["greeting", "mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("raw", [b"hello\r\n", b"999 x\r\n", b"199 x\r\n", b"\xff\xfe\r\n", b"250-" + b"x" * 40_000])
async def test_a_remote_that_talks_nonsense(step: Step, raw: bytes) -> None:
    async with Peer() as peer, to(peer) as transport:
        peer.say(step, raw, times=1)
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.cause) == ("deferred", "")
        assert len(outcome.text) <= 500
        assert outcome.uncertain == (step == "dot")
        await peer.until(lambda: peer.open == 0)
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"


async def test_the_right_code_at_the_wrong_step_is_no_answer() -> None:
    async with Peer() as peer, to(peer) as transport:
        peer.say("data", b"250 thank you\r\n", times=1)
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.stage) == ("deferred", "data")
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert len(peer.mails) == 1


async def test_a_long_reply_of_many_lines_becomes_one_short_clean_line() -> None:
    async with Peer() as peer, to(peer) as transport:
        lines = [
            b"550-5.1.1 we are\r\n",
            b"550-5.1.1 \xff\xe2\x80\xae so sorry\r\n",
            b"550 5.1.1 " + b"x" * 2000 + b"\r\n",
        ]
        peer.say("rcpt", b"".join(lines))
        outcome = await transport.send(ENVELOPE, DATA)
        assert outcome.enhanced == "5.1.1"
        assert outcome.text.startswith("we are so sorry xxx")
        assert len(outcome.text) == 500


@pytest.mark.parametrize("text", ["no such user", "4.1.1 odd", "5.1 x", "5.1.1x"])
async def test_an_enhanced_code_that_is_none_is_left_out(text: str) -> None:
    async with Peer() as peer, to(peer) as transport:
        peer.refuse("rcpt", 550, text)
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.enhanced, outcome.text) == ("", text)


async def test_nobody_listens() -> None:
    async with Peer() as peer, to(peer) as transport:
        await peer.down()
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.enhanced, outcome.stage) == ("deferred", "4.4.1", "connect")
        await peer.up()
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"


async def test_a_greylisting_remote_takes_it_the_second_time() -> None:
    async with Peer() as peer, to(peer) as transport:
        peer.greylist()
        assert [outcome.state for outcome in await mails(peer, transport, 2)] == ["deferred", "sent"]


async def test_a_fault_of_ours_is_an_outcome_with_its_cause() -> None:
    async with Peer() as peer, to(peer) as transport:
        outcome = await transport.send(ENVELOPE, None)  # pyright: ignore[reportArgumentType] (the fault)
        assert outcome.state == "deferred"
        assert "TypeError" in outcome.cause
        assert "AttributeError" not in outcome.text
