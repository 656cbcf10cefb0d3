"""An invitation through the masks and its answer back: both calendars find themselves, and nobody else."""

import re
from collections.abc import AsyncIterator
from email.message import Message
from pathlib import Path

import pytest
from parley.tests.gateway import BUYER, SELLER, Running, opened, running, to
from parley.tests.peer import Got, Peer


@pytest.fixture
async def world(tmp_path: Path, peer: Peer) -> AsyncIterator[Running]:
    async with running(tmp_path, peer) as one:
        yield one


UID = "4711@calendar.werk.example"


def calendar(method: str, organizer: str, attendee: str, uid: str, part: str = "NEEDS-ACTION") -> str:
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Werk//1//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n"
        f"DTSTAMP:20261124T090000Z\r\nDTSTART:20261201T090000Z\r\nSUMMARY:Call about the pumps\r\n"
        f"ORGANIZER;CN=Anna:mailto:{organizer}\r\n"
        f"ATTENDEE;CN=Jean;PARTSTAT={part};RSVP=TRUE:mailto:{attendee}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def invitation(sender: str, mask: str, words: str, method: str, data: str) -> bytes:
    return (
        f"From: {sender}\r\nTo: {mask}\r\nSubject: Call\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{words}\r\n"
        f"--b\r\nContent-Type: text/calendar; charset=utf-8; method={method}\r\n\r\n{data}\r\n--b--\r\n"
    ).encode()


def calendar_of(got: Got) -> tuple[Message, str]:
    (part,) = [part for part in opened(got).walk() if part.get_content_type() == "text/calendar"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return part, payload.decode().replace("\r\n ", "")


async def test_there_and_back(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    buyer_mask, seller_mask = made.masks["buyer"], made.masks["seller"]
    asked = calendar("REQUEST", SELLER, buyer_mask, UID)
    await world.send(SELLER, buyer_mask, invitation(SELLER, buyer_mask, "Shall we talk?", "REQUEST", asked))
    got = to(await peer.wait(3), BUYER)[-1]
    part, text = calendar_of(got)
    assert part.get_param("method") == "REQUEST"
    assert f'ORGANIZER;CN="Anna":mailto:{seller_mask}' in text
    assert re.search(rf"ATTENDEE;.*:mailto:{re.escape(BUYER)}\r?\n", text)  # he finds himself
    assert b"werk.example" not in got.data
    uid = re.findall(r"^UID:(.*)$", text.replace("\r", ""), re.MULTILINE)[0]
    assert uid != UID

    answer = calendar("REPLY", seller_mask, BUYER, uid, "ACCEPTED")
    await world.send(BUYER, seller_mask, invitation(BUYER, seller_mask, "Yes.", "REPLY", answer))
    back = to(await peer.wait(4), SELLER)[-1]
    part, text = calendar_of(back)
    assert part.get_param("method") == "REPLY"
    assert f"UID:{UID}" in text
    assert f"mailto:{SELLER}" in text
    assert re.search(rf"ATTENDEE;.*PARTSTAT=ACCEPTED.*:mailto:{re.escape(buyer_mask)}\r?\n", text)
    assert b"acheteur.example" not in back.data
