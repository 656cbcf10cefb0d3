"""What may be sent as a document: endings, sizes, and a PDF that is one."""

import asyncio

import pytest
from parley.relay import document_check
from parley.relay.document_check import check
from parley.relay.mail.document import Rules, Wrong, first_wrong, is_document
from parley.relay.mail.write import File
from parley.tests.pdf import real_pdf

RULES = Rules(("pdf", "png", "step"), 10_000_000)


def file(name: str, data: bytes) -> File:
    return File(name, "application/octet-stream", data)


@pytest.mark.parametrize(
    ("files", "wrong"),
    [
        ((), Wrong("no_file")),
        ((file("a.pdf", real_pdf()),), None),
        ((file("A.PDF", real_pdf()),), None),
        ((file("a.pdf", real_pdf(10_000_000)),), None),
        ((file("a.pdf", real_pdf(10_000_001)),), Wrong("file_too_big", "a.pdf")),
        ((file("a.pdf", b""),), Wrong("empty_file", "a.pdf")),
        ((file("pdf", real_pdf()),), Wrong("type_not_taken", "pdf")),
        ((file("a.pdf.exe", real_pdf()),), Wrong("type_not_taken", "a.pdf.exe")),
        ((file("a.pdf", b"GIF89a" + real_pdf()),), Wrong("not_what_it_says", "a.pdf")),
        ((file("a.pdf", b"just words"),), Wrong("not_what_it_says", "a.pdf")),
        ((file("a.pdf", real_pdf()[:200]),), Wrong("not_what_it_says", "a.pdf")),
        ((file("a.pdf", real_pdf()), file("b.png", real_pdf())), Wrong("not_what_it_says", "b.png")),
        ((file("a.step", b"ISO-10303-21;"),), None),
    ],
)
def test_the_first_wrong_file_is_named_with_its_reason(files: tuple[File, ...], wrong: Wrong | None) -> None:
    assert first_wrong(files, RULES) == wrong


def test_pictures_among_the_words_are_no_documents() -> None:
    assert not is_document("image/png", True)
    assert is_document("image/png", False)
    assert is_document("application/pdf", True)  # Apple's mail sends every file inline


async def test_what_only_looks_like_a_pdf_is_opened_and_refused() -> None:
    looks = b"%PDF-1.4\n1 0 obj\nwords words words\nstartxref\n9\n%%EOF\n"
    assert first_wrong((file("a.pdf", looks),), RULES) is None
    assert await check((file("a.pdf", looks),), RULES) == Wrong("not_what_it_says", "a.pdf")
    assert await check((file("a.pdf", real_pdf()),), RULES) is None


async def test_without_the_reader_of_pdf_its_looks_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_check, "find_spec", lambda _: None)
    looks = b"%PDF-1.4\n1 0 obj\nwords\nstartxref\n9\n%%EOF\n"
    assert await check((file("a.pdf", looks),), RULES) is None
    assert await check((file("a.pdf", b"words"),), RULES) == Wrong("not_what_it_says", "a.pdf")


async def test_a_pdf_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def remembered(*command: str, stdin: int, stdout: int, stderr: int) -> asyncio.subprocess.Process:
        started.append(await start(*command, stdin=stdin, stdout=stdout, stderr=stderr))
        return started[-1]

    monkeypatch.setattr(document_check, "_SECONDS", 0.0)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", remembered)
    assert await check((file("a.pdf", real_pdf()),), RULES) == Wrong("not_what_it_says", "a.pdf")
    assert started[0].returncode is not None
