"""Mail that a list has sent: a team's shared mailbox is a person's voice, a newsletter is not (docs/threading.md)."""

from pathlib import Path

from parley.tests.gateway import BUYER, SELLER, Running, body, header, mail, running, to
from parley.tests.peer import Got, Peer

GROUP = (
    "Precedence: list\r\nMailing-list: list sales@werk.example; contact sales+owners@werk.example\r\n"
    "List-ID: <sales.werk.example>\r\nX-Google-Group-Id: 123456789\r\nList-Post: <mailto:sales@werk.example>\r\n"
    "List-Unsubscribe: <mailto:sales+unsubscribe@werk.example>\r\n"
)
SHARED = "List-Id: <sales.werk.example>\r\nPrecedence: list\r\n"
NEWS = "List-Id: <news.werk.example>\r\nList-Unsubscribe: <https://news.werk.example/u>\r\nPrecedence: bulk\r\n"


async def start(world: Running) -> tuple[str, str, Got]:
    made = await world.open()
    await world.quiet()
    return made.id, made.masks["buyer"], to(world.peer.mails, SELLER)[0]


async def kinds(world: Running, id: str) -> list[str]:
    return [one["kind"] for one in (await world.show(id))["events"]]


async def test_an_answer_through_a_group_s_mailbox_is_relayed(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        id, mask, request = await start(world)
        answer = mail(SELLER, mask, "12 pumps cost EUR 4,800.", references=header(request, "Message-ID"))
        await world.send("sales+bncBC@werk.example", mask, GROUP.encode() + answer)
        await world.quiet()
        assert "12 pumps cost EUR 4,800." in body(to(peer.mails, BUYER)[-1])
        assert "auto_reply.received" not in await kinds(world, id)
        out = to(peer.mails, BUYER)[-1].data
        assert b"werk.example" not in out  # nothing of the group goes along


async def test_a_first_mail_through_a_shared_mailbox_is_relayed_if_it_did_not_go_to_many(
    tmp_path: Path, peer: Peer
) -> None:
    async with running(tmp_path, peer) as world:
        id, mask, _ = await start(world)
        data = mail(SELLER, mask, "One more thing.", subject="Drawings", message_id="s1@werk.example")
        await world.send(SELLER, mask, SHARED.encode() + data)
        await world.quiet()
        assert len((await world.show(id))["messages"]) == 2


async def test_a_newsletter_of_a_participant_is_an_event_and_relayed_to_nobody(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        id, mask, _ = await start(world)
        data = mail(SELLER, mask, "Our spring offers!", subject="Spring", message_id="n1@werk.example")
        await world.send("bounce@werk.example", mask, NEWS.encode() + data)
        assert len((await world.show(id))["messages"]) == 1
        assert (await kinds(world, id)).count("auto_reply.received") == 1
        assert not [got for got in to(peer.mails, BUYER) if "spring" in body(got)]


async def test_a_list_that_the_mask_was_put_on_is_an_event_and_brings_nobody_in(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, sender='policy = "open"\nauthentication = "off"') as world:
        id, mask, _ = await start(world)
        data = mail("eve@talk.example", mask, "I think so, too.", subject="Re: talk", message_id="t1@talk.example")
        await world.send("talk-bounces@talk.example", mask, SHARED.encode() + data)
        shown = await world.show(id)
        assert len(shown["messages"]) == 1
        assert {one["email"] for one in shown["participants"]} == {SELLER, BUYER}
