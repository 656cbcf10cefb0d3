"""*Other document*: from the page and by mail the other side gets it; what is none is refused and told."""

from pathlib import Path

import pytest
from parley.relay.actions.create import Created
from parley.store import events, outbox
from parley.tests.gateway import BUYER, SELLER, body, mail, opened, running, to
from parley.tests.pages import BOUNDARY, Page, Visitor, Web, multipart, open_web
from parley.tests.pdf import real_pdf
from parley.tests.peer import Peer

PDF = ("manual.pdf", "application/pdf", real_pdf(5000))
KIND = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


async def put(visitor: Visitor, files: list[tuple[str, str, bytes]], page: Page | None = None, **fields: str) -> Page:
    """Send the form of a document."""
    page = page or await visitor.get(visitor.page_path)
    given = {"key": page.field("key"), "nonce": page.field("nonce"), "text": "", **fields}
    return await visitor.request("POST", f"{visitor.page_path}/do/document", multipart(given, files), KIND)


async def told(web: Web, kind: str) -> list[dict[str, object]]:
    found = await web.world.store.read(lambda connection: events.of_inquiry(connection, 1))
    return [event.proof for event in found if event.kind == kind]


async def test_a_document_from_the_page_goes_to_the_other_side(tmp_path: Path) -> None:
    async with open_web(tmp_path) as web:
        made = await web.inquiry()
        seller, page = await web.visit(made, SELLER)
        answer = await put(seller, [PDF], page, text="The manual.")
        assert (answer.status, answer.headers["location"].partition("?")[2][:5]) == (303, "sent=")
        await put(seller, [PDF], page, text="The manual.")  # a second click
        assert await told(web, "document.sent") == [{"by": "page", "files": ["manual.pdf"]}]
        _, theirs = await web.visit(made, BUYER)
        assert "manual.pdf" in theirs.words
        assert "The manual." in theirs.words


@pytest.mark.parametrize(
    ("files", "status", "why"),
    [
        ([], 422, "No document is attached. Please choose a file: PDF, up to 10 MB."),
        ([("a.pdf", "application/pdf", b"words")], 422, "a.pdf is not what its name says"),
        (
            [("a.docx", "application/x", b"PK\x03\x04")],
            422,
            "a.docx cannot be sent as a document. Please send PDF instead.",
        ),
        ([("a.pdf", "application/pdf", b"")], 422, "a.pdf is empty."),
        ([PDF, ("b.pdf", "application/pdf", real_pdf(10_000_001))], 422, "b.pdf is larger than 10 MB."),
        ([("a.pdf", "application/pdf", b"%PDF-" + b"x" * 27_000_000)], 413, "your files are larger than"),
    ],
    ids=["none", "words", "docx", "empty", "big", "far-too-big"],
)
async def test_what_is_no_document_is_refused_and_what_was_typed_stays(
    tmp_path: Path, files: list[tuple[str, str, bytes]], status: int, why: str
) -> None:
    async with open_web(tmp_path) as web:
        made = await web.inquiry()
        seller, page = await web.visit(made, SELLER)
        answer = await put(seller, files, page, text="Please see inside.")
        assert answer.status == status
        assert why in answer.words
        assert "Nothing was sent" in answer.words
        assert await told(web, "document.sent") == []
        assert not [
            one for one in await web.world.store.read(lambda c: outbox.of_inquiry(c, 1)) if one.kind == "relayed"
        ]


async def test_other_types_and_sizes_by_setting(tmp_path: Path) -> None:
    extra = '[actions]\ndocument_types = ["pdf", "png"]\ndocument_bytes = 4000\n'
    async with open_web(tmp_path, extra) as web:
        made = await web.inquiry()
        seller, page = await web.visit(made, SELLER)
        assert "Please send PDF or PNG instead" in (await put(seller, [("a.gif", "image/gif", b"GIF89a")], page)).words
        assert "larger than 4 kB" in (await put(seller, [PDF], page)).words
        picture = ("a.png", "image/png", b"\x89PNG\r\n\x1a\n data")
        assert (await put(seller, [picture], page)).status == 303


async def test_only_our_form_and_only_who_takes_part(tmp_path: Path) -> None:
    async with open_web(tmp_path) as web:
        made = await web.inquiry(observers=[{"email": "watch@brand.example"}])
        seller, page = await web.visit(made, SELLER)
        assert (await put(seller, [PDF], page, key="another")).status == 403
        watcher, _ = await web.visit(made, "watch@brand.example")
        assert (await put(watcher, [PDF], page)).status == 404
        assert await told(web, "document.sent") == []


def with_file(who: str, address: str, text: str, name: str, data: bytes) -> bytes:
    head = mail(who, address, "").partition(b"Content-Type")[0]
    parts = (
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
        f"{text}\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    )
    return head + parts.encode() + data.replace(b"\n", b"\r\n") + b"\r\n--b--\r\n"


def document_address(made: Created) -> str:
    return "document" + made.masks["buyer"].removeprefix("buyer")


async def test_by_mail_the_same_and_the_same_event(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open()
        await peer.wait(2)
        address = document_address(made)
        await world.send(SELLER, address, with_file(SELLER, address, "The manual.", "manual.pdf", real_pdf()))
        got = to(await peer.wait(3), BUYER)[-1]
        assert "The manual." in body(got)
        assert [part.get_filename() for part in opened(got).walk() if part.get_filename()] == ["manual.pdf"]
        shown = await world.show(made.id)
        sent = [event for event in shown["events"] if event["kind"] == "document.sent"]
        assert [(e["actor"], e["proof"]) for e in sent] == [(SELLER, {"by": "mail", "files": ["manual.pdf"]})]


async def test_by_mail_what_is_none_is_not_relayed_and_its_writer_is_helped(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open(sellers=[{"email": SELLER, "language": "fr"}])
        await peer.wait(2)
        address = document_address(made)
        await world.send(SELLER, address, with_file(SELLER, address, "The manual.", "manual.pdf", b"words"))
        await world.send(SELLER, address, mail(SELLER, address, "I forgot it"))
        mails = await peer.wait(4)
        first, second = to(mails, SELLER)[-2:]
        assert "manual.pdf" in body(first)
        assert "PDF" in body(second)
        assert "n’a rien déclenché" in body(first)
        assert len(to(mails, BUYER)) == 1
        kinds = [event["kind"] for event in (await world.show(made.id))["events"]]
        assert kinds.count("action.not_understood") == 2
        assert "document.sent" not in kinds
