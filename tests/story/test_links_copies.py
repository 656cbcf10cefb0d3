"""A conversation to keep: on paper and as one file. Each side finds in it what it may see, byte for byte the same."""

import io
import mailbox
import time
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from parley.relay.links.archive import document_name, mbox_entry
from parley.tests.gateway import BUYER, SELLER, mail
from parley.tests.pages import Page, Web, open_web

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WORDS = "From here on it is easy:\n>From there too.\n\n-- \nAnna Weber\nanna@werk.example\n+49 711 1234567"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path, 'help = "help@market.example"') as one:
        yield one


def with_file(to: str, name: str) -> bytes:
    head = mail(f"Anna Weber <{SELLER}>", to, "", message_id="1@werk.example").partition(b"MIME-Version")[0]
    return head + (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"--b\r\nContent-Type: text/plain\r\n\r\n"
        + WORDS.replace("\n", "\r\n").encode()
        + f'\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="{name}"\r\n'.encode()
        + b"\r\n%PDF-1.4 the drawing\r\n--b--\r\n"
    )


def members(answer: Page) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def mails(data: bytes, folder: Path) -> list[bytes]:
    path = folder / "conversation.mbox"
    path.write_bytes(data)
    box = mailbox.mbox(path)
    try:
        return [bytes(one) for one in box]
    finally:
        box.close()


async def test_everything_in_one_file_for_each_side(web: Web, tmp_path: Path) -> None:
    made = await web.inquiry()
    data = with_file(made.masks["buyer"], "../../drawing.pdf")
    assert (await web.mail(made.masks["buyer"], data)).code == 250
    for email, secret in ((SELLER, BUYER), (BUYER, SELLER)):
        visitor, page = await web.visit(made, email)
        assert f'href="{visitor.page_path}/everything"' in page.text
        answer = await visitor.get(f"{visitor.page_path}/everything")
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["content-disposition"] == 'attachment; filename="MK-1001.zip"'
        found = members(answer)
        assert found["documents/001 drawing.pdf"] == b"%PDF-1.4 the drawing"
        one, two = mails(found["conversation.mbox"], tmp_path)
        assert b"twelve P-200 pumps" in one
        assert b"From here on it is easy" in two
        assert "From here on it is easy" in found["conversation.html"].decode()
        assert "Delivered" not in found["conversation.html"].decode()  # nothing was delivered yet
        for name, content in found.items():
            assert secret.encode() not in content, name
        assert {"look/page.css", "look/place-market.css", "look/place-market.svg"} <= set(found)
        assert (await visitor.get(f"{visitor.page_path}/everything")).body == answer.body
        assert (await visitor.request("HEAD", f"{visitor.page_path}/everything")).body == b""


async def test_ones_own_mails_are_in_it_as_they_were(web: Web, tmp_path: Path) -> None:
    made = await web.inquiry()
    data = with_file(made.masks["buyer"], "drawing.pdf")
    await web.mail(made.masks["buyer"], data)
    seller, _ = await web.visit(made, SELLER)
    found = members(await seller.get(f"{seller.page_path}/everything"))
    own = (
        mails(found["conversation.mbox"], tmp_path)[-1].replace(b"\n>From", b"\nFrom").replace(b"\n>>From", b"\n>From")
    )
    assert own.rstrip() == data.replace(b"\r\n", b"\n").rstrip()


async def test_on_paper_it_is_oldest_first_and_nothing_is_folded(web: Web) -> None:
    made = await web.inquiry()
    await web.mail(made.masks["buyer"], with_file(made.masks["buyer"], "drawing.pdf"))
    buyer, _ = await web.visit(made, BUYER)
    paper = await buyer.get(f"{buyer.page_path}/print")
    places = [paper.words.index(words) for words in ("twelve P-200", "From here on", "Signature", "Request sent")]
    assert places == sorted(places)
    assert "drawing.pdf" in paper.words
    assert made.masks["seller"] in paper.words  # for the address in the signature
    assert "<details" not in paper.text
    assert "<form" not in paper.text
    assert "711" in paper.words


async def test_large_mails_are_packed_without_being_held_in_memory(web: Web) -> None:
    made = await web.inquiry()
    for number in range(6):
        text = ("word " * 15 + "\n") * 65_000  # 5 MB
        await web.mail(
            made.masks["buyer"], mail(SELLER, made.masks["buyer"], text, message_id=f"{number}@werk.example")
        )
    seller, _ = await web.visit(made, SELLER)
    tracemalloc.start()
    answer = await seller.get(f"{seller.page_path}/everything")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status == 200
    assert peak < 80_000_000  # one mail of 5 MB is copied some times; six of them would not fit


@given(some.binary(max_size=300))
def test_an_mbox_entry_is_one_mail_whatever_it_holds(data: bytes) -> None:
    entry = mbox_entry(data, AT)
    assert entry.startswith(b"From MAILER-DAEMON Mon Nov 23 09:00:00 2026\n")
    assert not [line for line in entry.split(b"\n")[1:] if line.startswith(b"From ")]
    assert entry.endswith(b"\n\n")


@given(some.text(max_size=300))
def test_a_documents_name_leads_nowhere(name: str) -> None:
    safe = document_name(name)
    assert 0 < len(safe) <= 121
    assert not set(safe) & set('/\\:*?"<>|\0\n')
    assert safe.strip(".") != ""


def test_a_long_name_keeps_its_ending() -> None:
    assert document_name("x" * 500 + ".pdf").endswith("x.pdf")
    assert document_name("\u202e...") == "document"
    start = time.process_time()
    document_name("a." * 500_000)
    assert time.process_time() - start < 1
