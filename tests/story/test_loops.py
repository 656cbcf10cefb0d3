"""Loops end (R20): a robot that answers everything it gets, over real SMTP, with and without the words that mark it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from parley.relay.actions.hold import release
from parley.tests.gateway import BUYER, DOMAIN, SELLER, Running, body, header, mail, running, to
from parley.tests.peer import Got, Peer
from parley.tests.story.test_negotiation import build_mixed
from parley.tests.times import Clock

CANNED = "Thank you for your mail. Your ticket has the number {n}."


class Robot:
    """Sits behind a mailbox and answers every mail that comes there, as ticket systems do."""

    def __init__(self, address: str, marks: str = "", text: str = CANNED) -> None:
        self.address, self.marks, self.text, self.done = address, marks, text, 0

    async def answer_new(self, world: Running) -> int:
        """Answer what has come since the last time; returns how many mails that were."""
        new = to(world.peer.mails, self.address)[self.done :]
        for got in new:
            self.done += 1
            await world.send(self.address, header(got, "From").rpartition("<")[2].rstrip(">"), self.answer(got))
        return len(new)

    def answer(self, got: Got) -> bytes:
        data = mail(
            self.address,
            header(got, "From").rpartition("<")[2].rstrip(">"),
            self.text.format(n=self.done),
            subject=f"Re: {header(got, 'Subject')}",
            message_id=f"r{self.done}@{self.address.partition('@')[2]}",
            references=header(got, "Message-ID"),
        )
        return self.marks.encode() + data


async def play(world: Running, *robots: Robot, rounds: int = 40) -> None:
    """Let the robots answer until nobody has anything to say, or for many rounds."""
    for _ in range(rounds):
        await world.quiet()
        if not sum([await robot.answer_new(world) for robot in robots]):
            return


async def states(world: Running, id: str, writer: str) -> list[str]:
    shown = await world.show(id)
    own = [one["state"] for one in shown["messages"][1:] if one["from"]["email"] == writer]
    return [state if state in ("held", "failed") else "passed" for state in own]


@pytest.mark.parametrize(
    "marks",
    [
        "Auto-Submitted: auto-replied\r\n",
        "X-Autoreply: yes\r\n",
        "Precedence: auto_reply\r\n",
    ],
)
async def test_nothing_of_a_marked_robot_is_relayed(tmp_path: Path, peer: Peer, marks: str) -> None:
    async with running(tmp_path, peer, copy=True) as world:
        made = await world.open()
        await play(world, Robot(SELLER, marks), Robot(BUYER, marks))
        shown = await world.show(made.id)
        assert len(shown["messages"]) == 1  # at most 2 are allowed; none is a message
        assert [one["kind"] for one in shown["events"]].count("auto_reply.received") == 2  # one answer to each request


async def test_two_unmarked_robots_are_stopped_after_five_mails_each(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, copy=True) as world:
        made = await world.open()
        await play(world, Robot(SELLER), Robot(BUYER))
        for writer in (SELLER, BUYER):
            said = await states(world, made.id, writer)
            assert said.count("passed") <= 5
            assert "held" in said
        assert len(to(peer.mails, SELLER)) + len(to(peer.mails, BUYER)) < 40


async def test_what_is_held_is_shown_asked_about_once_and_passed_on_with_a_yes(tmp_path: Path, peer: Peer) -> None:
    clock = Clock()
    async with running(tmp_path, peer, clock=clock) as world:
        made = await world.open()
        robot = Robot(SELLER)
        for _ in range(8):
            await say(world, made.masks["seller"], f"Question {datetime.now(UTC).timestamp()}?")
            await play(world, robot, rounds=1)
        assert (await states(world, made.id, SELLER)) == ["passed"] * 5 + ["held"] * 4
        asked = [got for got in to(peer.mails, SELLER) if "Was this you?" in header(got, "Subject")]
        assert len(asked) == 1
        assert "as a program would send them" in " ".join(body(asked[0]).split())
        shown = await world.show(made.id)
        held = [one for one in shown["events"] if one["kind"] == "message.held"]
        assert {one["proof"]["why"] for one in held} == {"like a program"}
        first = next(one["id"] for one in shown["messages"] if one["state"] == "held")
        await release(world.gateway.world, first, SELLER, "once")
        await world.quiet()
        assert (await states(world, made.id, SELLER))[5] == "passed"
        robot.done += 1
        await world.send(SELLER, made.masks["buyer"], robot.answer(to(peer.mails, SELLER)[0]))
        assert (await states(world, made.id, SELLER))[-1] != "held"  # his yes began a new count


async def say(world: Running, mask: str, text: str) -> None:
    """The buyer writes to the seller, who is the robot."""
    await world.send(BUYER, mask, mail(BUYER, mask, text, message_id=f"{text[9:-1]}@acheteur.example"))
    await world.quiet()


async def test_the_next_hour_has_its_own_count(tmp_path: Path, peer: Peer) -> None:
    clock = Clock()
    async with running(tmp_path, peer, clock=clock) as world:
        made = await world.open()
        robot = Robot(SELLER)
        await play(world, robot)
        first = to(peer.mails, SELLER)[0]
        for minutes in (1, 1, 1, 1, 70, 1):
            clock.now += timedelta(minutes=minutes)
            robot.done += 1
            await world.send(SELLER, made.masks["buyer"], robot.answer(first))
        assert "held" not in await states(world, made.id, SELLER)


async def test_a_person_who_answers_often_is_not_taken_for_a_program(tmp_path: Path, peer: Peer) -> None:
    words = [
        "Yes.",
        "Two weeks.",
        "By ship.",
        "In crates of four.",
        "No, by air it is dearer.",
        "Agreed.",
        "Thank you!",
    ]
    async with running(tmp_path, peer) as world:
        made = await world.open()
        await world.quiet()
        for text in words:
            await world.send(SELLER, made.masks["buyer"], Robot(SELLER, text=text).answer(to(peer.mails, SELLER)[0]))
        await world.quiet()
        assert await states(world, made.id, SELLER) == ["passed"] * len(words)


async def test_a_robot_that_never_says_the_same_is_stopped_too(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, sender='authentication = "off"\nanswers_an_hour = 7') as world:
        made = await world.open()
        await world.quiet()
        letters = "abcdefghij"
        for letter in letters:
            robot = Robot(SELLER, text=f"The word of the day is {letter * 9}.")
            await world.send(SELLER, made.masks["buyer"], robot.answer(to(peer.mails, SELLER)[0]))
        said = await states(world, made.id, SELLER)
        assert said.count("held") == 3


async def test_many_mails_that_answer_nothing_and_differ_are_a_persons(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        for number in range(15):
            data = mail(SELLER, made.masks["buyer"], f"Document {number}", message_id=f"d{number}@werk.example")
            await world.send(SELLER, made.masks["buyer"], data)
        assert "held" not in await states(world, made.id, SELLER)


async def test_without_ids_the_very_same_mail_again_and_again_is_a_programs(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        for number in range(9):
            data = mail(SELLER, f"buyer@{DOMAIN}", "We have got your mail.", message_id=f"d{number}@werk.example")
            await world.send(SELLER, made.masks["buyer"], data)
        said = await states(world, made.id, SELLER)
        assert said[5:] == ["held"] * 4


async def test_both_counts_can_be_switched_off(tmp_path: Path, peer: Peer) -> None:
    off = 'authentication = "off"\nsame_an_hour = 0\nanswers_an_hour = 0'
    async with running(tmp_path, peer, sender=off) as world:
        made = await world.open()
        for number in range(9):
            data = mail(SELLER, f"buyer@{DOMAIN}", "We have got your mail.", message_id=f"d{number}@werk.example")
            await world.send(SELLER, made.masks["buyer"], data)
        assert "held" not in await states(world, made.id, SELLER)


async def test_photos_sent_one_by_one_without_a_word_are_a_persons(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, clock=Clock()) as world:
        made = await world.open()
        await world.quiet()
        asked = header(to(peer.mails, SELLER)[0], "Message-ID")
        for number in range(8):
            photo = build_mixed(made.masks["buyer"], f"photo{number}.jpg", b"\xff\xd8\xff" + bytes([number]) * 99)
            answer = photo.replace(b"MIME-Version", f"In-Reply-To: {asked}\r\nMIME-Version".encode(), 1)
            assert (await world.send(SELLER, made.masks["buyer"], answer)).code == 250
        assert await states(world, made.id, SELLER) == ["passed"] * 8
