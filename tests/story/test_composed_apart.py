"""Large mail that is composed anew: in a process, into a file, octet for octet what a thread would make."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from parley.relay.composing import Composers, Made, NotMade, OneFile, Uncomposed
from parley.relay.job import Job, NothingToSend, load_job
from parley.relay.mail.pieces import Lines, Pieces, Slice
from parley.relay.prepare import prepare
from parley.relay.rooms import Limits, Room, Stopped, unpacked
from parley.store import outbox
from parley.store.blobs import Keep, Kept
from parley.store.values import DeliveryRow
from parley.tests.gateway import BUYER, SELLER, Running, mail, running, to
from parley.tests.peer import Got, Peer
from parley.tests.spooling import left
from parley.tests.story.test_large import MB, document, with_file

WORDS = "".join(f"{number} pumps cost {number * 7} EUR; write to {SELLER} or call.\r\n.\r\n" for number in range(8_000))


async def delivery_of(world: Running, got: Got) -> DeliveryRow:
    """The delivery by which a mail came."""
    token = got.data.partition(b"\r\nMessage-ID: <m.")[2].partition(b"@")[0].decode()
    found = await world.gateway.world.store.read(lambda connection: outbox.by_token(connection, token))
    assert found
    return found


async def relayed(world: Running, data: bytes, mask: str) -> Got:
    """Send a mail of the seller's, return what the buyer gets."""
    assert (await world.send(SELLER, mask, data)).code == 250
    await world.peer.until(lambda: any(len(got.data) > 300_000 for got in to(world.peer.mails, BUYER)))
    [large] = [got for got in to(world.peer.mails, BUYER) if len(got.data) > 300_000]
    return large


def letters(mask: str) -> dict[str, bytes]:
    """Mails that are composed anew: much text, a file that is no clean base64 beside one that is, an enclosed mail."""
    both = with_file(mask, document(MB), "2@werk.example").replace(b"--b--", b"--b\r\n%b--b--")
    image = b"Content-Type: image/png\r\n\r\n" + b"x" * 300_000 + b"\r\n"
    inner = (
        b"Content-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\nSubject: inner\r\n\r\n"
        + WORDS.replace("\n", "\r\n").encode()
    )
    return {
        "text": mail(SELLER, mask, WORDS, message_id="1@werk.example"),
        "raw file": both % image,
        "enclosed": with_file(mask, document(MB), "3@werk.example").replace(b"--b--", b"--b\r\n%b--b--") % inner,
    }


@pytest.mark.parametrize("case", ["text", "raw file", "enclosed"])
async def test_it_is_what_a_thread_would_make(tmp_path: Path, peer: Peer, case: str) -> None:
    async with running(tmp_path, peer) as world:
        mask = (await world.open()).masks["buyer"]
        got = await relayed(world, letters(mask)[case], mask)
        inside, delivery = world.gateway.world, await delivery_of(world, got)
        again, here = await prepare(inside, delivery), await prepare(replace(inside, composers=None), delivery)
        assert again.data == here.data == got.data
        assert again.envelope == here.envelope
        assert isinstance(again.content, Pieces)
        assert any(isinstance(piece, Lines | Slice) for piece in again.content.all)
    assert left(tmp_path) == []


async def test_what_takes_too_long_is_tried_again_and_nothing_is_lost(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        composers = world.gateway.world.composers
        assert composers is not None
        composers.limits = Limits(seconds=0.0001)
        mask = (await world.open()).masks["buyer"]
        kept = await world.send(SELLER, mask, mail(SELLER, mask, WORDS))
        assert kept.code == 250
        (deferred,) = await world.wait_for("deferred")
        assert "attempt=1" in deferred
        (fault,) = [line for line in world.logged("fault") if "Uncomposed" in line]
        assert "not done after" in fault
        composers.limits = Limits()
        store, id = world.gateway.world.store, kept.message.split()[-1]
        rows = await store.read(lambda connection: outbox.by_mail(connection, id))
        [row] = [row for row in rows if row.to == BUYER]
        assert b"20 pumps" in (await prepare(world.gateway.world, row)).data


@pytest.mark.parametrize("limits", [Limits(memory=40_000_000), Limits(seconds=0.0001)])
async def test_a_process_that_ends_is_told(tmp_path: Path, peer: Peer, limits: Limits) -> None:
    async with running(tmp_path, peer) as world:
        mask = (await world.open()).masks["buyer"]
        got = await relayed(world, letters(mask)["text"], mask)
        inside, delivery = world.gateway.world, await delivery_of(world, got)
        composers = Composers(limits)
        try:
            with pytest.raises(Uncomposed):
                await prepare(replace(inside, composers=composers), delivery)
        finally:
            await composers.close()


class Answering(Room):
    """A room that answers with one thing, whatever it is asked."""

    def __init__(self, answer: object) -> None:
        super().__init__("none", 1)
        self._answer = answer

    async def ask(self, job: object, limits: Limits) -> bytes:
        return pickle.dumps(self._answer)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (NotMade("nothing", "nobody"), NothingToSend),
        (NotMade("disk", "full"), OSError),
        (NotMade("fault", "Traceback"), Uncomposed),
        (Path("/"), Uncomposed),
        (("made",), Uncomposed),
        (Made("", BUYER, ()), OSError),  # there is no file
    ],
)
async def test_whatever_the_process_answers(tmp_path: Path, peer: Peer, answer: object, error: type[Exception]) -> None:
    async with running(tmp_path, peer) as world:
        mask = (await world.open()).masks["buyer"]
        got = await relayed(world, letters(mask)["text"], mask)
        inside, delivery = world.gateway.world, await delivery_of(world, got)
        composers = Composers()
        composers.room = Answering(answer)
        with pytest.raises(error):
            await prepare(replace(inside, composers=composers), delivery)


def test_an_answer_holds_no_class_but_ours() -> None:
    with pytest.raises(Stopped):
        unpacked(pickle.dumps(Path("/")), {})
    with pytest.raises(Stopped):
        unpacked(b"nothing", {})


class Elsewhere(OneFile):
    """A keep whose blobs have no file on this machine."""

    def path(self, _name: str) -> None:
        """None."""

    def open(self, _name: str, _start: int, _end: int) -> BinaryIO:
        return self.at.open("rb")


async def test_a_mail_that_is_kept_elsewhere_is_fetched_for_the_process(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        mask = (await world.open()).masks["buyer"]
        got = await relayed(world, letters(mask)["raw file"], mask)
        inside, delivery = world.gateway.world, await delivery_of(world, got)
        job: Job = await inside.store.read(lambda connection: load_job(connection, inside, delivery))
        assert isinstance(job.raw, Kept)
        here = job.raw.path()
        assert here
        away = replace(job, raw=Kept(job.raw.hash, job.raw.size, cast(Keep, Elsewhere(here))))
        assert (await prepare(inside, delivery, away)).data == got.data
