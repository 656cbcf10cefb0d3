"""Documents, a mail's own layout, the whole text and the mail as it came: for whom, and never as part of this site."""

import base64
from collections.abc import AsyncIterator
from email import message_from_bytes
from pathlib import Path

import pytest
from parley.relay.mail.document import shown_type
from parley.store import messages
from parley.store.values import MessageRow
from parley.tests.gateway import BUYER, SELLER
from parley.tests.pages import Visitor, Web, open_web
from parley.tests.pdf import real_pdf

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HTML = (
    '<p>Our <b>offer</b> <script>alert(1)</script></p><img src="cid:logo"><img src="https://evil.example/pixel.gif">'
    '<a href="mailto:anna@werk.example">write</a> <a href="https://werk.example/x">site</a>'
    "<table><tr><td>48</td></tr></table><form action=//evil.example><input></form>"
)


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with open_web(tmp_path) as one:
        yield one


def rich(name: str = "Offer €.pdf", html: str = HTML) -> bytes:
    encoded = base64.b64encode(name.encode()).decode()
    lines = [
        f"From: Anna Weber <{SELLER}>",
        "Subject: Re: Price for 12 pumps",
        "Message-ID: <rich@werk.example>",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=X",
        "",
        "--X",
        "Content-Type: text/html; charset=utf-8",
        "",
        html,
        "--X",
        "Content-Type: image/png; name=logo.png",
        "Content-ID: <logo>",
        "Content-Disposition: inline",
        "Content-Transfer-Encoding: base64",
        "",
        base64.b64encode(PNG).decode(),
        "--X",
        f"Content-Type: application/pdf; name==?utf-8?B?{encoded}?=",
        f"Content-Disposition: attachment; filename==?utf-8?B?{encoded}?=",
        "",
        "%PDF-1.4 not much of one",
        "--X--",
        "",
    ]
    return "\r\n".join(lines).encode()


async def last(web: Web) -> MessageRow:
    return (await web.world.store.read(lambda connection: messages.of_inquiry(connection, 1)))[-1]


async def both(web: Web, data: bytes) -> tuple[Visitor, Visitor, MessageRow]:
    """Seller and buyer of an inquiry in which the seller has sent `data`."""
    made = await web.inquiry()
    assert (await web.mail(made.masks["buyer"], data)).code == 250
    seller, _ = await web.visit(made, SELLER)
    buyer, _ = await web.visit(made, BUYER)
    return seller, buyer, await last(web)


async def files_of(visitor: Visitor) -> list[str]:
    page = await visitor.get(visitor.page_path)
    found = [part.split('"')[0] for part in page.text.split("/a/")[1:]]
    return [f"{visitor.page_path}/a/{one}" for one in found if "?" not in one]


async def test_documents_come_out_of_the_mail_to_be_saved(web: Web) -> None:
    _, buyer, _ = await both(web, rich())
    logo, pdf = await files_of(buyer)
    answer = await buyer.get(pdf)
    assert answer.body.rstrip() == b"%PDF-1.4 not much of one"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Offer _.pdf\"; filename*=UTF-8''Offer%20%E2%82%AC.pdf"
    )
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await buyer.get(logo)).body == PNG


async def test_documents_of_another_inquiry_do_not_exist(web: Web) -> None:
    seller, _, message = await both(web, rich())
    (path, *_) = await files_of(seller)
    other = await web.inquiry(reference="MK-1002")
    stranger, _ = await web.visit(other, SELLER)
    file = path.rpartition("/")[2]
    for place in (f"/a/{file}", f"/m/{message.id}/html", f"/m/{message.id}/text", f"/m/{message.id}/raw", "/a/none"):
        assert (await stranger.get(stranger.page_path + place)).status == 404
    assert (await web.visitor().get(path)).status == 404


async def test_the_mail_as_it_came_is_for_the_side_that_wrote_it(web: Web) -> None:
    data = rich()
    seller, buyer, message = await both(web, data)
    answer = await seller.get(f"{seller.page_path}/m/{message.id}/raw")
    assert answer.body == data
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert f"/m/{message.id}/raw" in (await buyer.get(buyer.page_path)).text


async def test_the_other_side_has_a_mail_as_it_was_passed_on(web: Web) -> None:
    _, buyer, message = await both(web, rich())
    answers = [await buyer.get(f"{buyer.page_path}/m/{message.id}/raw") for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert answers[0].headers["content-type"] == "message/rfc822"
    passed_on = message_from_bytes(answers[0].body)
    assert passed_on["To"] == f'"Jean Dupont" <{BUYER}>'
    assert "seller-" in passed_on["From"]
    assert SELLER.encode() not in answers[0].body
    assert message.message_id.encode() not in answers[0].body


async def test_a_mails_own_layout_is_shut_off(web: Web) -> None:
    seller, buyer, message = await both(web, rich())
    page = await buyer.get(buyer.page_path)
    assert '<iframe class="layout" sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "script" not in page.text.split("<iframe")[1].split("</iframe>")[0]
    answer = await buyer.get(f"{buyer.page_path}/m/{message.id}/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "<b>offer</b>" in answer.text
    assert f"data:image/png;base64,{base64.b64encode(PNG).decode()}" in answer.text
    for gone in ("<script", "alert", "pixel.gif", "<form", "cid:", SELLER):
        assert gone not in answer.text
    own = await seller.get(f"{seller.page_path}/m/{message.id}/html")
    assert f"mailto:{SELLER}" in own.text


async def test_html_that_cannot_be_shown_is_shown_as_text(web: Web) -> None:
    deep = "<div>" * 1000 + "words in the deep" + "</div>" * 1000 + "<table></table>"
    _, buyer, message = await both(web, rich(html=deep))
    answer = await buyer.get(f"{buyer.page_path}/m/{message.id}/html")
    assert answer.status == 200
    assert message.text.strip() in answer.words


async def test_a_message_without_html_has_no_layout(web: Web) -> None:
    made = await web.inquiry()
    buyer, _ = await web.visit(made, BUYER)
    message = await last(web)
    assert (await buyer.get(f"{buyer.page_path}/m/{message.id}/html")).status == 404
    assert (await buyer.get(f"{buyer.page_path}/m/{message.id}/raw")).status == 404  # it never was a mail
    answer = await buyer.get(f"{buyer.page_path}/m/{message.id}/text")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "what would twelve P-200 pumps cost?" in answer.text


async def test_names_of_files_do_not_give_the_other_side_away(web: Web) -> None:
    seller, buyer, _ = await both(web, rich(name=f"card of {SELLER}.vcf"))
    assert SELLER not in (await buyer.get(buyer.page_path)).text
    answer = await buyer.get((await files_of(buyer))[-1])
    assert "werk" not in answer.headers["content-disposition"]
    assert "werk" in (await seller.get((await files_of(seller))[-1])).headers["content-disposition"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (real_pdf(), "application/pdf"),
        (real_pdf(50_000), "application/pdf"),
        (real_pdf()[:-40], ""),
        (b"%PDF-1.4 not much of one", ""),
        (b"%PDF-1.4" + bytes(range(256)) * 20, ""),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 a picture", "image/jpeg"),
        (b"<html><script>P()</script>", ""),
        (b"GIF89a%PDF-1.4", ""),
        (b"\n%PDF-1.4", ""),
        (b"", ""),
    ],
)
def test_only_what_begins_as_a_document_or_picture_is_shown(data: bytes, kind: str) -> None:
    assert shown_type(data) == kind


async def test_a_pdf_is_shown_where_nothing_can_run(web: Web) -> None:
    made = await web.inquiry()
    pdf = real_pdf().replace(b"\n", b"\r\n")
    await web.mail(made.masks["buyer"], rich().replace(b"%PDF-1.4 not much of one", pdf))
    buyer, page = await web.visit(made, BUYER)
    *_, path = [part.split('"')[0] for part in page.text.split('href="')[1:] if "?show=1" in part.split('"')[0]]
    shown = await buyer.get(path)
    assert shown.headers["content-type"] == "application/pdf"
    assert shown.headers["content-disposition"].startswith("inline; filename=")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    saved = await buyer.get(path.partition("?")[0])
    assert saved.headers["content-disposition"].startswith("attachment;")


async def test_what_only_says_it_is_a_pdf_is_not_shown_and_can_be_saved(web: Web) -> None:
    made = await web.inquiry()
    await web.mail(made.masks["buyer"], rich().replace(b"%PDF-1.4 not much of one", b"<html><script>P()</script>"))
    buyer, page = await web.visit(made, BUYER)
    *_, path = [part.split('"')[0] for part in page.text.split('href="')[1:] if "?show=1" in part.split('"')[0]]
    answer = await buyer.get(path)
    assert answer.status == 415
    assert "It is not the PDF or picture that its name says." in answer.words
    assert "P()" not in answer.text
    assert f'href="{path.partition("?")[0]}" download' in answer.text
    saved = await buyer.get(path.partition("?")[0])
    assert saved.headers["content-disposition"].startswith("attachment;")
    assert saved.headers["content-type"] == "application/octet-stream"
