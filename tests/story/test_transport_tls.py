"""TLS and login towards other servers."""

import asyncio
from pathlib import Path

import pytest
from parley.relay.outbound.transport import Transport
from parley.relay.settings import SettingsError
from parley.tests.peer import Extension, Peer, Step
from parley.tests.sending import DATA, ENVELOPE, settings, to, trusting
from parley.tests.times import jump

STARTTLS: tuple[Extension, ...] = ("STARTTLS", "SIZE")


async def test_opportunistic_tls_takes_any_certificate() -> None:
    async with Peer(offers=STARTTLS) as peer, to(peer, tls="opportunistic") as transport:
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert peer.mails[0].tls


async def test_opportunistic_tls_not_offered_is_the_clear() -> None:
    async with Peer() as peer, to(peer, tls="opportunistic") as transport:
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert (peer.mails[0].tls, peer.connections) == (False, 1)


@pytest.mark.parametrize("broken", ["garbage", "drop", "refused", "silent"])
async def test_opportunistic_tls_that_fails_goes_back_to_the_clear_once(broken: str) -> None:
    async with Peer(offers=STARTTLS) as peer, to(peer, tls="opportunistic") as transport:
        stall = None
        match broken:
            case "garbage":
                peer.say("tls", b"what is this?\r\n")
            case "drop":
                peer.drop("tls")
            case "refused":
                peer.refuse("starttls", 454, "not now")
            case _:
                stall = peer.stall("tls")
        sending = asyncio.create_task(transport.send(ENVELOPE, DATA))
        if stall:
            await stall.reached()
            await jump()
        assert (await sending).state == "sent"
        assert (peer.mails[0].tls, peer.connections) == (False, 2)


@pytest.mark.parametrize("step", ["mail", "dot"])
@pytest.mark.parametrize("silent", [True, False])
async def test_a_connection_over_tls_that_dies_or_hangs(step: Step, silent: bool) -> None:
    async with Peer(offers=STARTTLS) as peer, to(peer, tls="opportunistic") as transport:
        stall = peer.stall(step, times=1) if silent else peer.drop(step)
        sending = asyncio.create_task(transport.send(ENVELOPE, DATA))
        if stall:
            await stall.reached()
            await jump()
        outcome = await sending
        assert (outcome.state, outcome.stage, outcome.uncertain) == ("deferred", step, step == "dot")
        assert peer.connections == 1
        if stall:
            stall.release()
        await peer.until(lambda: peer.open == 0)
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"


async def test_tls_off_is_off() -> None:
    async with Peer(offers=STARTTLS) as peer, to(peer) as transport:
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert not peer.mails[0].tls


async def test_required_tls_with_a_certificate_we_trust() -> None:
    async with Peer(offers=STARTTLS) as peer, to(peer, trusting(peer), tls="required") as transport:
        assert (await transport.send(ENVELOPE, DATA)).state == "sent"
        assert peer.mails[0].tls


@pytest.mark.parametrize("why", ["untrusted", "not offered", "other name", "refused", "garbage"])
async def test_required_tls_that_fails_sends_nothing(why: str) -> None:
    certified = ("other.example",) if why == "other name" else ()
    async with Peer(offers=() if why == "not offered" else STARTTLS, certified=certified) as peer:
        trust = None if why in ("untrusted", "not offered") else trusting(peer)
        if why == "refused":
            peer.refuse("starttls", 550, "no")
        if why == "garbage":
            peer.say("tls", b"what is this?\r\n")
        async with to(peer, trust, tls="required") as transport:
            outcome = await transport.send(ENVELOPE, DATA)
            assert (outcome.state, outcome.stage, outcome.cause) == ("deferred", "tls", "")
            assert (peer.mails, peer.connections) == ([], 1)


async def test_login_over_tls_and_not_in_the_clear(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("pässword\n")
    name, file = "relay", str(tmp_path / "password")
    async with Peer(offers=STARTTLS, users={"relay": "pässword"}) as peer:
        async with to(peer, tls="opportunistic", username=name, password_file=file) as transport:
            assert (await transport.send(ENVELOPE, DATA)).state == "sent"
            assert peer.mails[0].user == "relay"
        peer.refuse("starttls", 454, "not now")
        async with to(peer, tls="opportunistic", username=name, password_file=file) as transport:
            outcome = await transport.send(ENVELOPE, DATA)
            assert (outcome.state, outcome.text) == ("deferred", "the password is not sent without TLS")
        assert [line.split()[:2] for _, line in peer.lines].count(["AUTH", "PLAIN"]) == 1
        async with to(peer, tls="off", username=name, password_file=file) as transport:
            assert (await transport.send(ENVELOPE, DATA)).state == "sent"


async def test_a_wrong_password_sends_nothing_back(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("old")
    file = str(tmp_path / "password")
    async with Peer(users={"relay": "new"}) as peer, to(peer, username="relay", password_file=file) as transport:
        outcome = await transport.send(ENVELOPE, DATA)
        assert (outcome.state, outcome.code, outcome.stage) == ("deferred", 535, "connect")
        assert "old" not in repr(vars(transport))


def test_a_missing_password_file_is_told_at_the_start() -> None:
    with pytest.raises(SettingsError, match=r"outbound\.password_file /nowhere cannot be read"):
        Transport(settings(Peer(port=1), username="relay", password_file="/nowhere"))
