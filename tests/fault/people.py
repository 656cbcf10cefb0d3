"""People who write numbered mails through a gateway that keeps dying, as their mail servers would send them.

A mail that is not answered 250 is sent again, byte for byte, until it is; the next one of the same writer to the
same inquiry waits for it. What was answered 250 goes into the ledger.
"""

import asyncio
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import aiosmtplib
from parley.tests.fault.house import House
from parley.tests.gateway import mail

SUBJECT = "Re: Price for 12 pumps"


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Names one mail: who wrote it in which inquiry, as his how-manieth."""

    conversation: int
    side: str  # of the writer
    number: int

    @property
    def begin(self) -> str:
        return f"[b:{self.conversation}:{self.side}:{self.number}]"

    @property
    def end(self) -> str:
        return f"[e:{self.conversation}:{self.side}:{self.number}]"


@dataclass(slots=True)
class Ledger:
    """What the gateway has answered 250, and what stands open."""

    taken: dict[Mark, str] = field(default_factory=dict[Mark, str])  # → the answer
    tries: int = 0
    refused: list[str] = field(default_factory=list[str])  # 5yz: must stay empty

    def write(self, mark: Mark, answer: str) -> None:
        self.taken[mark] = answer


@dataclass(frozen=True, slots=True)
class Talk:
    """One inquiry with a buyer and a seller."""

    number: int
    id: str
    masks: Mapping[str, str]

    def address(self, side: str) -> str:
        return f"{side}{self.number}@{side}s.example"

    def letter(self, mark: Mark, size: int) -> tuple[str, str, bytes]:
        """Return (sender, mask, mail) of a mail of about `size` bytes."""
        writer, mask = self.address(mark.side), self.masks["seller" if mark.side == "buyer" else "buyer"]
        filler = "\n".join(["The pumps are of the kind that we talked about."] * (size // 48))
        text = f"{mark.begin}\n{filler}\n{mark.end}"
        message_id = f"c{mark.conversation}.{mark.side}.{mark.number}@{mark.side}s.example"
        return writer, mask, mail(writer, mask, text, subject=SUBJECT, message_id=message_id)


def orders(count: int) -> list[dict[str, Any]]:
    """Inquiries, each with its own buyer and seller."""
    return [
        {
            "marketplace": "market",
            "reference": f"F-{number}",
            "subject": "Price for 12 pumps",
            "message": "What would twelve pumps cost?",
            "buyer": {"email": f"buyer{number}@buyers.example", "name": "Jean"},
            "sellers": [{"email": f"seller{number}@sellers.example", "name": "Anna"}],
        }
        for number in range(count)
    ]


async def open_talks(house: House, count: int) -> list[Talk]:
    """Open `count` inquiries at the running gateway."""
    made = await house.open(orders(count))
    return [Talk(number, one["id"], one["masks"]) for number, one in enumerate(made)]


async def hand_over(house: House, ledger: Ledger, mark: Mark, letter: tuple[str, str, bytes]) -> bool:
    """Try once to hand a mail over; True when it was answered 250."""
    sender, mask, data = letter
    ledger.tries += 1
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=house.smtp, local_hostname="client.example", timeout=60, start_tls=False
    )
    try:
        async with client:
            await client.mail(sender)
            await client.rcpt(mask)
            answer = await client.data(data)
            ledger.write(mark, f"{answer.code} {answer.message}")
            return True
    except aiosmtplib.SMTPResponseException as error:
        if error.code >= 500:
            ledger.refused.append(f"{mark}: {error.code} {error.message}")
    except (aiosmtplib.SMTPException, OSError):
        pass
    return mark in ledger.taken  # the answer had come, the goodbye had not


async def write_one(house: House, ledger: Ledger, talk: Talk, mark: Mark, size: int = 600) -> None:
    """Send one mail until it is taken; nothing when it was taken before."""
    letter = talk.letter(mark, size)
    pauses = _pauses()
    while mark not in ledger.taken and not await hand_over(house, ledger, mark, letter):  # noqa: ASYNC110 (another process)
        await asyncio.sleep(next(pauses))  # the gateway is down: a sending server waits, too


def _pauses() -> Iterator[float]:
    """Seconds between the tries of one mail: more each time, as with a mail server, but none waits for long."""
    yield from (0.05, 0.1, 0.2, 0.4)
    yield from repeat(0.8)


async def write_all(
    house: House, ledger: Ledger, talks: list[Talk], mails: int, per_second: float, seed: int = 1
) -> None:
    """Write `mails` mails at this rate, spread over the talks and both sides, one at a time for each writer."""
    dice = random.Random(seed)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    writers: dict[tuple[int, str], asyncio.Task[None]] = {}
    numbers: dict[tuple[int, str], int] = {}
    for turn in range(mails):
        await asyncio.sleep(max(0.0, begun + turn / per_second - loop.time()))
        talk, side = dice.choice(talks), dice.choice(("buyer", "seller"))
        key = (talk.number, side)
        numbers[key] = numbers.get(key, 0) + 1
        size = 120_000 if dice.random() < 0.05 else dice.choice((200, 2_000, 20_000))
        mark = Mark(talk.number, side, numbers[key])
        writers[key] = asyncio.create_task(_after(writers.get(key), write_one(house, ledger, talk, mark, size)))
    await asyncio.gather(*writers.values())


async def _after(earlier: asyncio.Task[None] | None, work: Any) -> None:
    if earlier is not None:
        await earlier
    await work
