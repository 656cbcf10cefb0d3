"""Replies from the page: they enter the flow as real mails, and what cannot be sent is told with the text kept."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from parley.relay.links.form import MOST_FILES
from parley.store import messages, outbox
from parley.store.tables import Delivery, Participant, table
from parley.store.values import MessageRow
from parley.tests.gateway import BUYER, COLLEAGUE, DOMAIN, SELLER, mail
from parley.tests.pages import BOUNDARY, Web, multipart, open_web
from sqlalchemy import text, update

MOST = 100_000
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path, links=f"max_upload_bytes = {MOST}") as one:
        yield one


async def recorded(web: Web) -> tuple[MessageRow, ...]:
    return await web.world.store.read(lambda connection: messages.of_inquiry(connection, 1))


async def raw(web: Web, message: MessageRow) -> Message:
    assert message.raw is not None
    digest = message.raw
    return message_from_bytes(await web.world.store.read(lambda c: web.world.store.blobs.get(c, digest)))


async def test_a_reply_is_a_mail_like_any_other(web: Web) -> None:
    made = await web.inquiry(cc=[{"email": COLLEAGUE, "name": "Ben"}])
    seller, _ = await web.visit(made, SELLER)
    answer = await seller.send("They cost\r\n4,800 EUR.\r\n", [("Offer ü.pdf", "application/pdf", b"%PDF-1.4")])
    assert answer.status == 303
    page = await seller.get(answer.headers["location"])
    assert "Your reply was sent." in page.words
    assert page.words.rindex("4,800 EUR") < page.words.rindex("twelve P-200")
    assert "Offer ü.pdf" in page.words
    assert "written on this page" in page.words

    first, message = await recorded(web)
    assert (message.channel, message.side, message.text.rstrip()) == ("page", "seller", "They cost\n4,800 EUR.")
    assert message.parent == first.seq
    written = await raw(web, message)
    assert written["From"] == f"Anna Weber <{SELLER}>" or f"<{SELLER}>" in written["From"]
    assert written["To"] == made.masks["buyer"]
    assert written["Subject"] == "Re: Price for 12 pumps"
    assert written["Message-ID"].startswith("<page.")
    assert written["Message-ID"].endswith(f"@{DOMAIN}>")
    requests = await web.world.store.read(lambda c: outbox.where(c, table(Delivery).c.message == first.seq))
    mine = next(delivery for delivery in requests if delivery.to == SELLER)
    assert written["In-Reply-To"] == f"<m.{mine.token}@{DOMAIN}>"
    sent = await web.world.store.read(lambda c: outbox.where(c, table(Delivery).c.message == message.seq))
    assert {(one.kind, one.to) for one in sent} == {("relayed", BUYER), ("colleague", COLLEAGUE)}

    (received,), (accepted,) = web.logged("received"), web.logged("accepted")
    (posted,) = (line for line in web.logged("page") if "method=POST" in line)
    assert len({line.split()[1] for line in (received, accepted, posted)}) == 1
    buyer, page = await web.visit(made, BUYER)
    assert "4,800 EUR" in page.words
    link = page.text.split("/a/")[1].split('"')[0]
    assert (await buyer.get(f"{buyer.page_path}/a/{link}")).body == b"%PDF-1.4"


async def test_sending_the_same_form_twice_is_one_message(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    answers = await asyncio.gather(*(seller.send("once", page=page) for _ in range(4)))
    answers.append(await seller.send("once", page=page))
    assert {answer.status for answer in answers} == {303}
    assert [message.text.strip() for message in (await recorded(web))[1:]] == ["once"]
    await seller.send("again, with the back button", page=page)
    assert len(await recorded(web)) == 3


async def test_the_newest_message_is_the_one_that_is_answered(web: Web) -> None:
    made = await web.inquiry()
    for number in (1, 2):
        data = mail(SELLER, made.masks["buyer"], f"answer {number}", message_id=f"{number}@werk.example")
        await web.mail(made.masks["buyer"], data)
    buyer, _ = await web.visit(made, BUYER)
    await buyer.send("to the second")
    rows = await recorded(web)
    assert rows[-1].parent == rows[-2].seq


async def test_an_empty_reply_is_refused_at_the_box(web: Web) -> None:
    made = await web.inquiry()
    seller, _ = await web.visit(made, SELLER)
    answer = await seller.send(" \n ")
    assert answer.status == 422
    assert 'role="alert">Nothing was sent, because your reply is empty.' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert len(await recorded(web)) == 1
    assert (await seller.send("", [("a.txt", "text/plain", b"a file says enough")])).status == 303


@pytest.mark.parametrize("told", [True, False], ids=["length told", "in chunks"])
async def test_too_much_is_refused_before_it_is_kept_and_the_text_stays(web: Web, told: bool) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    fields = {"key": page.field("key"), "nonce": page.field("nonce"), "text": "my careful <words>"}
    body = multipart(fields, [("big.bin", "application/octet-stream", b"x" * (3 * MOST))])
    chunks = body if told else (body[place : place + 5000] for place in range(0, len(body), 5000))
    answer = await seller.request("POST", f"{seller.page_path}/reply", chunks, FORM)
    assert answer.status == 413
    assert "your files are larger than 100 kB in all. Please choose your files again." in answer.words
    assert "my careful &lt;words&gt;</textarea>" in answer.text
    assert len(await recorded(web)) == 1
    again = await seller.send("my careful <words>", page=answer)
    assert again.status == 303


async def test_a_form_of_another_session_sends_nothing(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    _, other = await web.visit(made, BUYER)
    for key in ("", "x" * 22, other.field("key"), "é"):
        answer = await seller.post({"key": key, "nonce": page.field("nonce"), "text": "kept text"})
        assert answer.status == 403
        assert "kept text</textarea>" in answer.text
    assert len(await recorded(web)) == 1
    assert (await seller.send("kept text", page=answer)).status == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "http://127.0.0.1:1"}, 303),  # the base_url of the settings
        ({}, 303),
    ],
)
async def test_a_form_of_another_site_is_refused(web: Web, headers: dict[str, str], status: int) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    answer = await seller.send("from where?", page=page, headers=headers)
    assert answer.status == status
    if status == 403:
        assert "from where?" not in answer.text  # nobody else's words in his box


async def test_without_a_cookie_there_is_no_box(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    stranger = web.visitor()
    stranger.page_path = seller.page_path
    assert (await stranger.send("hello", page=page)).status == 404


async def test_who_has_left_can_neither_write_nor_read(web: Web) -> None:
    made = await web.inquiry(cc=[{"email": COLLEAGUE, "name": "Ben"}])
    ben, page = await web.visit(made, COLLEAGUE)
    people = table(Participant)
    gone = update(people).where(people.c.email == COLLEAGUE).values(state="left")
    await web.world.store.write(lambda connection: connection.execute(gone) and None)
    answer = await ben.send("am I still here?", page=page)
    assert answer.status == 409
    assert "you no longer take part" in answer.words
    page = await ben.get(ben.page_path)
    assert "twelve P-200" not in page.words
    assert "<textarea" not in page.text


async def test_when_the_store_fails_the_text_stays(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    trigger = "CREATE TRIGGER full BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'secret of the disk'); END"
    await web.world.store.write(lambda connection: connection.execute(text(trigger)) and None)
    answer = await seller.send("do not lose me", page=page)
    assert answer.status == 503
    assert "because of a fault of ours" in answer.words
    assert "do not lose me</textarea>" in answer.text
    assert "secret of the disk" not in answer.text
    (fault,) = web.logged("fault")
    assert fault.split()[1].removesuffix(":") in answer.words  # the reference
    await web.world.store.write(lambda connection: connection.execute(text("DROP TRIGGER full")) and None)
    assert (await seller.send("do not lose me", page=answer)).status == 303


async def test_odd_forms_are_answered(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    path = f"{seller.page_path}/reply"
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    for body, content_type, status in (
        (b"", kind, 403),
        (b"garbage", kind, 400),
        (b"garbage", "multipart/form-data", 400),
        (b"{}", "application/json", 400),
        (b"", "application/x-www-form-urlencoded", 403),
        (b"--" + BOUNDARY.encode() + b"\r\nContent-Disposition: form-data\r\n\r\nx\r\n", kind, 400),
    ):
        answer = await seller.request("POST", path, body, {"Content-Type": content_type})
        assert answer.status == status, (body, content_type, answer.words)
        assert 'role="alert"' in answer.text
    files = [(f"{number}.txt", "text/plain", b"x") for number in range(MOST_FILES + 1)]
    answer = await seller.send("many", files, page=page)
    assert answer.status == 413
    assert "more than 20 files" in answer.words
    plain = f"key={page.field('key')}&nonce={page.field('nonce')}&text=plain+words".encode()
    answer = await seller.request("POST", path, plain, {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 303
    assert (await recorded(web))[-1].text.strip() == "plain words"


async def test_whatever_is_typed_is_a_persons_message(web: Web) -> None:
    """Words that robots write too, marks of quotations, names of files: nothing of it is cut or taken for another."""
    made = await web.inquiry(subject="Automatic reply: Out of office")
    seller, _ = await web.visit(made, SELLER)
    words = "On Monday, Jean wrote:\n> what does it cost?\nfour\n-- \nAnna\n.\nFrom here on \u202eabc \x00\x07"
    answer = await seller.send(
        words,
        [("../../etc/passwd", "x/y z", b"1"), ("", "text/plain", b"no name"), ("a\r\nb: c", "text/html", b"<script>")],
    )
    assert answer.status == 303
    message = (await recorded(web))[-1]
    assert message.channel == "page"
    for line in ("On Monday, Jean wrote:", "> what does it cost?", "four", "Anna", "From here on"):
        assert line in message.text
    page = await seller.get(seller.page_path)
    assert "etc/passwd" not in page.text
    assert "passwd" in page.text


async def test_lone_surrogates_and_other_bytes_do_no_harm(web: Web) -> None:
    made = await web.inquiry()
    seller, page = await web.visit(made, SELLER)
    body = multipart({"key": page.field("key"), "nonce": "../..", "text": "x"}).replace(
        b"\r\nx\r\n", b"\r\n\xff\xed\xa0\x80 words\r\n"
    )
    answer = await seller.request("POST", f"{seller.page_path}/reply", body, FORM)
    assert answer.status == 303
    assert "words" in (await recorded(web))[-1].text


async def test_names_and_domains_beyond_ascii(web: Web) -> None:
    made = await web.inquiry(sellers=[{"email": "joerg@bücher.example", "name": "Jörg 王"}])
    (email,) = (email for email in made.links if email != BUYER)
    seller, _ = await web.visit(made, email)
    assert (await seller.send("Grüße")).status == 303
    assert (await recorded(web))[-1].text.strip() == "Grüße"
