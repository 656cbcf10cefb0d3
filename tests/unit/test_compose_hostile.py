"""Whatever strangers put into names, subjects, products and words: it is shown as text, or it is not shown."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parley.relay.compose.letters import Request
from parley.relay.compose.relayed import relayed_mail
from parley.relay.compose.request import request_mail
from parley.relay.mail import read
from parley.relay.mail.write import File, Letter, write
from parley.tests.compose_cast import (
    BUYER_MASK,
    DOMAIN,
    IDS,
    PLACE,
    REQUEST,
    SELLER_MASK,
    all_mails,
    answered,
    asked,
    buyer,
    seller,
    to,
)

HOSTILE = (
    "line\r\nBcc: everybody@elsewhere.example\r\n\r\nbody",
    "line\nX-Parley-Loop: no",
    "\u202egnp.exe\u2066 \u200b\ufeff\u2069",
    "<script>alert(1)</script><img src=https://track.example/x.gif onerror=alert(1)>",
    '"><a href="https://evil.example">x</a>',
    "{{ 7 * 7 }} {% for x in range(9) %}{{ x }}{% endfor %} {# #}",
    "%(name)s %s %% %(place)d",
    "kept0tpek <!--kept1--> var(--brand)",
    "\x00\x07\x1b[31m\x7f\x85\u2028\u2029",
    "\ud800 lone",
    "x" * 10_000,
    "",
    "   ",
)
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "X-Parley-Loop",
}
MIME = {"X-Parley-Loop", "MIME-Version", "Content-Language", "Content-Type", "Content-Transfer-Encoding"}


def check(letter: Letter) -> None:
    """The mail has the headers we wrote and no other, reads back, and its HTML does nothing."""
    mail = read(write(letter))
    names = [name for name, _ in mail.headers]
    assert len(names) == len(set(names))
    assert set(names) <= HEADERS | MIME
    assert mail.first("X-Parley-Loop") == DOMAIN
    assert not re.search(r"<script|<img[^>]+https?:|<[^>]+\son\w+=|javascript:", letter.html, re.IGNORECASE)
    for text in (letter.subject, letter.from_.name):
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
    assert "{{ palette" not in letter.html


@pytest.mark.parametrize("value", HOSTILE)
def test_in_every_place_of_every_mail(value: str) -> None:
    place = replace(PLACE, name=value, help=value)
    request = Request(value, value, value, value, value, (value, "quote"))
    for letter in all_mails("en", place, request).values():
        check(letter)


@pytest.mark.parametrize("value", HOSTILE)
def test_in_names_subject_words_and_files(value: str) -> None:
    file = File(value, value, b"data", value, inline=True)
    for html in ("", value, f'<p>{value}</p><img src="cid:{value}">'):
        said = replace(answered(value, html, file), subject=value)
        said = replace(said, writer=replace(seller(), name=value, company=value))
        check(relayed_mail(PLACE, REQUEST, to(replace(buyer(), name=value)), IDS, said))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200))
def test_in_anything(name: str, product: str, words: str) -> None:
    request = replace(REQUEST, product_name=product, company_name=name, reference=product, product_url=words)
    said = replace(asked(words), writer=replace(buyer(), name=name, company=product))
    check(request_mail(PLACE, request, to(seller()), IDS, said))


def test_markers_of_templates_and_translations_are_shown_as_they_are() -> None:
    words = "{{ 7 * 7 }} {% raw %} %(name)s 100 % <b>"
    letter = relayed_mail(PLACE, replace(REQUEST, product_name=words), to(buyer()), IDS, answered(words))
    assert letter.text.count(words) == 2
    assert letter.html.count("{{ 7 * 7 }} {% raw %} %(name)s 100 % &lt;b&gt;") == 3  # preview, words, request line


def test_a_name_that_leads_around_the_gateway_is_not_shown() -> None:
    named = replace(seller(), name="Sarah sarah@acme.example +44 20 7946 0018", company="www.acme.example")
    letter = relayed_mail(PLACE, REQUEST, to(buyer()), IDS, replace(answered("Hello"), writer=named))
    assert letter.from_.name == "Sarah (ACME Robotics) via DirectIndustry"
    assert "acme.example" not in letter.text + letter.html
    assert "7946" not in letter.text + letter.html


def test_a_link_that_is_no_web_link_is_not_offered() -> None:
    request = replace(REQUEST, product_url="javascript:alert(1)")
    letter = request_mail(PLACE, request, to(seller()), IDS, asked())
    assert "alert" not in letter.text + letter.html


def test_a_content_id_that_names_the_writer_s_machine_is_made_anew() -> None:
    picture = File("plan.png", "image/png", b"png", "part1.4711@pc12.acme.example", inline=True)
    html = (
        '<p>See <img src="cid:part1.4711@pc12.acme.example" alt="plan"> and <img src="cid:other@pc12.acme.example"></p>'
    )
    said = answered("See [cid:part1.4711@pc12.acme.example] and", html, picture)
    letter = relayed_mail(PLACE, REQUEST, to(buyer()), IDS, said)
    assert "pc12" not in letter.text + letter.html + letter.files[0].content_id
    assert "See [plan.png] and" in letter.text
    assert f'src="cid:{letter.files[0].content_id}"' in letter.html
    assert letter.files[0].content_id.endswith(f"@{DOMAIN}")


def test_a_mail_can_only_come_from_a_mask_or_from_us() -> None:
    ours = {BUYER_MASK, SELLER_MASK, f"postmaster@{DOMAIN}"}
    assert {letter.from_.address for letter in all_mails("fr").values()} == ours
