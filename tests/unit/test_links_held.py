"""Held mail, colleagues and masked files on the page, over the real web server: who sees what, what buttons do."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest
from parley.store import inquiries, messages, outbox
from parley.store.tables import Message, table
from parley.store.values import DeliveryRow, MessageRow, ParticipantRow
from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, mail
from parley.tests.pages import OBSERVER, Page, Visitor, Web, open_web
from sqlalchemy import update

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STRANGER = "carl@elsewhere.example"
CC = [{"email": COLLEAGUE, "name": "Ben"}]


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path) as one:
        yield one


async def rows(web: Web) -> tuple[MessageRow, ...]:
    return await web.world.store.read(lambda connection: messages.of_inquiry(connection, 1))


async def people(web: Web) -> dict[str, ParticipantRow]:
    found = await web.world.store.read(lambda connection: inquiries.participants(connection, 1))
    return {one.email: one for one in found}


async def deliveries(web: Web, kind: str) -> list[DeliveryRow]:
    found = await web.world.store.read(lambda connection: outbox.of_inquiry(connection, 1))
    return [one for one in found if one.kind == kind]


async def hold(web: Web, mask: str, text: str = "May I join?", sender: str = f"Carl Cox <{STRANGER}>") -> MessageRow:
    assert (await web.mail(mask, mail(sender, mask, text, subject="Re: see http://evil.example/x"))).code == 250
    return (await rows(web))[-1]


async def asked_of(web: Web, message: MessageRow, why: str, ask: int | None) -> None:
    """The mail waits for another reason: this web has no name server, so nothing is unproved by itself."""
    changed = update(table(Message)).where(table(Message).c.seq == message.seq).values(why_held=why, ask=ask)
    await web.world.store.write(lambda connection: connection.execute(changed) and None)


async def press(visitor: Visitor, path: str, fields: Mapping[str, str], **headers: str) -> Page:
    where = path if path.startswith("/") else f"{visitor.page_path}/{path}"
    return await visitor.request("POST", where, urlencode(fields).encode(), FORM | headers)


async def answer(visitor: Visitor, message: MessageRow, word: str) -> Page:
    page = await visitor.get(visitor.page_path)
    return await press(visitor, f"held/{message.id}", {"key": page.field("key"), "answer": word})


def box(page: Page) -> str:
    """What stands in the box of what waits."""
    return page.text.split('<div id="waiting">')[1].split("</div>")[0].strip()


async def test_a_held_mail_is_on_top_of_the_page_with_what_was_proved(web: Web) -> None:
    made = await web.inquiry(observers=[{"email": OBSERVER}])
    held = await hold(web, made.masks["buyer"], "May I join? See www.evil.example.\n<script>x</script>")
    seller, page = await web.visit(made, SELLER)
    assert page.text.index('id="waiting"') < page.text.index('id="reply"')
    for words in (
        "Waits for your yes",
        f"{STRANGER} wants to answer in this request. Is this somebody on your side?",
        f"Carl Cox ({STRANGER})",
        "does not confirm that it sent this mail",
        "May I join? See www. evil. example.",
        "Re: see http: // evil. example/x",
        "Yes, always",
        "Yes, only this time",
    ):
        assert words in page.words
    assert "evil.example" not in box(page)
    assert "<script" not in box(page)
    assert "Waits for your yes" in (await seller.get(f"{seller.page_path}/live")).words
    buyer, page = await web.visit(made, BUYER)
    assert (box(page), "Carl" in page.text) == ("", False)
    assert (await answer(buyer, held, "always")).status == 404
    observer, page = await web.visit(made, OBSERVER)
    assert "Carl" not in page.text
    assert (await press(observer, f"held/{held.id}", {"answer": "always"})).status == 404
    assert (await rows(web))[-1].state == "held"


async def test_yes_always_relays_and_the_writer_takes_part(web: Web) -> None:
    made = await web.inquiry()
    held = await hold(web, made.masks["buyer"])
    later = await hold(web, made.masks["buyer"], "Me again.")
    seller, _ = await web.visit(made, SELLER)
    done = await answer(seller, held, "always")
    assert done.status == 303
    page = await seller.get(done.headers["location"])
    assert "The mail is passed on." in page.words
    assert box(page) == ""
    assert [row.state for row in await rows(web)][1:] == ["accepted", "accepted"]
    assert (await people(web))[STRANGER].state == "active"
    again = await answer(seller, later, "no")
    assert "decided before" in (await seller.get(again.headers["location"])).words
    assert (await rows(web))[-1].state == "accepted"
    assert len(await deliveries(web, "relayed")) == 2


async def test_only_this_time_and_no(web: Web) -> None:
    made = await web.inquiry()
    first = await hold(web, made.masks["buyer"], "One.")
    second = await hold(web, made.masks["buyer"], "Two.")
    seller, _ = await web.visit(made, SELLER)
    assert (await answer(seller, first, "once")).status == 303
    assert (await people(web))[STRANGER].state == "guest"
    done = await answer(seller, second, "no")
    assert "passed on to nobody" in (await seller.get(done.headers["location"])).words
    assert [row.state for row in await rows(web)][1:] == ["accepted", "refused"]
    _, page = await web.visit(made, BUYER)
    assert ("One." in page.words, "Two." in page.words) == (True, False)
    assert (await answer(seller, second, "always")).status == 303  # a calm line, and no change
    assert (await rows(web))[-1].state == "refused"


@pytest.mark.parametrize("why", ["unproved", "odd header"])
async def test_what_needs_its_own_yes_is_asked_of_its_owner_alone_and_each_time(web: Web, why: str) -> None:
    made = await web.inquiry(cc=CC)
    held = await hold(web, made.masks["buyer"])
    await asked_of(web, held, why, (await people(web))[SELLER].seq)
    colleague, page = await web.visit(made, COLLEAGUE)
    assert box(page) == ""
    assert (await answer(colleague, held, "once")).status == 404
    seller, page = await web.visit(made, SELLER)
    assert "Was this you?" in page.words
    assert "Yes, it was me" in page.words
    assert "Yes, always" not in page.words
    assert (await answer(seller, held, "always")).status == 303
    assert (await people(web))[STRANGER].state == "guest"  # never more than this once


async def test_a_get_and_a_foreign_form_decide_nothing(web: Web) -> None:
    made = await web.inquiry()
    held = await hold(web, made.masks["buyer"])
    seller, page = await web.visit(made, SELLER)
    path, key = f"held/{held.id}", page.field("key")
    assert (await seller.get(f"{seller.page_path}/{path}")).status in (404, 405)
    assert (await press(seller, path, {"answer": "always"})).status == 403
    assert (await press(seller, path, {"key": "é" * 22, "answer": "always"})).status == 403
    assert (await press(seller, path, {"key": key, "answer": "yes"})).status == 404
    assert (await press(seller, path, {"key": key, "answer": "no"}, Origin="https://evil.example")).status == 403
    assert (await press(seller, "held/nothing", {"key": key, "answer": "no"})).status == 404
    first = (await rows(web))[0]
    assert (await press(seller, f"held/{first.id}", {"key": key, "answer": "no"})).status == 404
    huge = await press(seller, path, {"key": key, "answer": "no" * 50_000})
    assert huge.status == 403
    assert (await rows(web))[-1].state == "held"


async def test_the_people_of_ones_own_side_and_taking_one_out(web: Web) -> None:
    made = await web.inquiry(cc=CC)
    seller, page = await web.visit(made, SELLER)
    assert "Your side: Anna Weber and Ben" in page.words
    assert COLLEAGUE in page.words
    assert page.text.count("/leave") == 2  # Ben's button, and her own way out
    ben = await people(web)
    fields = {"key": page.field("key"), "participant": ben[COLLEAGUE].id}
    for _ in range(2):
        done = await press(seller, "leave", fields)
        assert done.status == 303
        assert "no longer takes part" in (await seller.get(done.headers["location"])).words
    assert (await people(web))[COLLEAGUE].state == "left"
    _, page = await web.visit(made, BUYER)
    assert COLLEAGUE not in page.text


async def test_nobody_is_taken_out_by_the_other_side_or_by_a_newcomer(web: Web) -> None:
    made = await web.inquiry(cc=CC)
    who = await people(web)
    buyer, page = await web.visit(made, BUYER)
    assert (await press(buyer, "leave", {"key": page.field("key"), "participant": who[SELLER].id})).status == 404
    ben, page = await web.visit(made, COLLEAGUE)
    assert "Take out" not in page.words
    assert (await press(ben, "leave", {"key": page.field("key"), "participant": who[SELLER].id})).status == 404
    assert (await press(ben, "leave", {"participant": who[COLLEAGUE].id})).status == 403
    assert {one.state for one in (await people(web)).values()} == {"active"}


async def test_who_leaves_sees_nothing_any_more(web: Web) -> None:
    made = await web.inquiry(cc=CC)
    ben, page = await web.visit(made, COLLEAGUE)
    assert "<summary>Leave this conversation</summary>" in page.text
    fields = {"key": page.field("key"), "participant": (await people(web))[COLLEAGUE].id}
    done = await press(ben, "leave", fields)
    assert done.status == 303
    goodbye = await ben.get(done.headers["location"])
    assert "You no longer take part in this conversation" in goodbye.words
    _, again = await web.visit(made, COLLEAGUE)
    message = (await rows(web))[0]
    for secret in ("P-200", "pumps", "Jean", "Anna", SELLER):
        assert secret not in goodbye.text + again.text
    for path in ("live", "events", f"m/{message.id}/text"):
        assert (await ben.get(f"{ben.page_path}/{path}")).status == 404
    assert (await press(ben, "leave", fields)).status == 303  # once more does no harm
    late = await ben.send("too late", page=page)
    assert (late.status, "too late</textarea>" in late.text) == (409, True)


async def test_the_last_one_cannot_leave(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    assert "Leave this conversation" not in page.words
    fields = {"key": page.field("key"), "participant": (await people(web))[SELLER].id}
    refused = await press(seller, "leave", fields)
    assert refused.status == 409
    assert "nobody else on your side takes part" in refused.words
    assert (await people(web))[SELLER].state == "active"


async def test_in_french(web: Web) -> None:
    made = await web.inquiry(sellers=[{"email": SELLER, "name": "Anna", "language": "fr"}])
    await hold(web, made.masks["buyer"])
    _, page = await web.visit(made, SELLER)
    for words in ("Attend votre oui", "Oui, toujours", "Votre adresse e-mail"):
        assert words in page.words


async def test_an_enclosed_mail_of_the_other_side_is_masked_when_it_is_downloaded(web: Web) -> None:
    made = await web.inquiry()
    enclosed = f"From: Anna <{SELLER}>\r\nTo: {SELLER}\r\nSubject: forwarded\r\n\r\nInside words.\r\n"
    outer = (
        f"From: {SELLER}\r\nSubject: Re: Price for 12 pumps\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=X\r\n\r\n--X\r\nContent-Type: text/plain\r\n\r\nSee this.\r\n"
        "--X\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=old.eml\r\n\r\n"
    )
    assert (await web.mail(made.masks["buyer"], f"{outer}{enclosed}--X--\r\n".encode())).code == 250
    seen: dict[str, bytes] = {}
    for email in (BUYER, SELLER):
        visitor, page = await web.visit(made, email)
        seen[email] = (await visitor.get(f"{visitor.page_path}/a/{page.text.split('/a/')[1].split(chr(34))[0]}")).body
        assert b"Inside words." in seen[email]
    assert SELLER.encode() in seen[SELLER]
    assert b"werk.example" not in seen[BUYER]
