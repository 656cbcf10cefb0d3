"""What every mail carries, in text and in HTML: who, how to answer, the way to the page, what else can be done, why."""

import re
from dataclasses import replace

import pytest
from parley.relay.compose.i18n import languages, words_for
from parley.relay.compose.relayed import colleague_mail, copy_mail, relayed_mail
from parley.relay.compose.request import confirmation_mail, request_mail
from parley.relay.compose.spoken import spoken
from parley.relay.mail.write import File, Letter, write
from parley.tests.compose_cast import (
    BUYER_MASK,
    COPIES,
    DOMAIN,
    HIDDEN,
    IDS,
    LATER,
    LINK,
    PLACE,
    REQUEST,
    SELLER_MASK,
    all_mails,
    answered,
    asked,
    buyer,
    colleague,
    seller,
    to,
)
from parley.tests.compose_deeds import deed_mails
from parley.tests.unit.test_compose_sender import every as sender_mails

MOST = 102_000  # bytes of HTML that Gmail shows before it cuts a mail off
OF_PEOPLE = {"request", "relayed", "colleague", "declined", "handed"}  # words of a person, from a mask
TO_STRANGERS = {"told", "prove", "operator", "spam"}  # who has no page of his own


def every_mail(language: str = "en") -> dict[str, Letter]:
    others = {f"sender: {kind}": mail for kind, mail in sender_mails(language).items()}
    return {**all_mails(language), **deed_mails(language), **others}


def stranger(kind: str) -> bool:
    return any(word in kind for word in TO_STRANGERS)


ALL = every_mail()
OF_A_CONVERSATION = [kind for kind in ALL if not stranger(kind) and "sender" not in kind]


def shown(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL))


@pytest.mark.parametrize("kind", ALL)
def test_a_machine_s_mail_says_so_and_a_person_s_does_not(kind: str) -> None:
    said = ALL[kind].auto_submitted
    assert (said == "") == (kind in OF_PEOPLE & {"request", "relayed", "colleague"})


@pytest.mark.parametrize("kind", OF_A_CONVERSATION)
def test_it_says_how_to_answer_leads_to_the_page_and_tells_why_it_came(kind: str) -> None:
    mail = ALL[kind]
    for words in (" ".join(mail.text.split()), shown(mail.html)):
        assert re.search(r"reply to this mail|A reply to it does not reach the other side", words)
        assert "You get this mail because you" in words
        assert "Your mail address is not shown to the other side." in words
        assert "Request DI-48213" in words or "DI-48213" in words
        assert "help@directindustry.example" in words
    assert LINK in mail.text
    assert f'href="{LINK}"' in mail.html


@pytest.mark.parametrize("kind", OF_A_CONVERSATION)
def test_what_else_can_be_done_is_offered_by_mail_and_on_the_page(kind: str) -> None:
    mail = ALL[kind]
    token = BUYER_MASK.partition("-")[2] if "decline-" in mail.text else SELLER_MASK.partition("-")[2]
    verbs = ("decline", "transfer", "phone", "history") if "decline-" in mail.text else ("close", "transfer", "history")
    for verb in verbs:
        assert f"{verb}-{token}" in mail.text
        assert f'href="mailto:{verb}-{token}?subject=' in mail.html
        assert f'href="{LINK}#{verb}"' in mail.html
    assert "The same can be done on the page, at the link above." in mail.text


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("request", "Reply to the buyer"),
        ("colleague", "Reply to the buyer"),
        ("relayed", "Reply to ACME Robotics"),
        ("handed", "Reply to the buyer"),
        ("declined", "Reply to ACME Robotics"),
        ("confirmation", "Open the conversation"),
        ("copy", "Open the conversation"),
        ("failed", "Open the conversation"),
    ],
)
def test_the_button_says_what_it_is_for(kind: str, label: str) -> None:
    assert f"{label}:\n{LINK}" in ALL[kind].text
    assert f">{label}</a>" in ALL[kind].html


def test_without_a_company_the_buyer_replies_to_the_seller() -> None:
    mail = relayed_mail(PLACE, replace(REQUEST, company_name=""), to(buyer()), IDS, answered())
    assert ">Reply to the seller</a>" in mail.html


@pytest.mark.parametrize("kind", ALL)
def test_nothing_is_fetched_when_it_is_read_and_it_has_a_dark_side(kind: str) -> None:
    html = ALL[kind].html
    assert not re.search(r"<(img|link|script|iframe|object|video|audio|form|input)\b|url\(|@import|@font-face", html)
    for address in re.findall(r'(?:href|src)="([^"]*)"', html):
        assert address.startswith(("mailto:", "https://directindustry.example/"))
    assert "prefers-color-scheme: dark" in html or kind == "operator"
    assert 'name="color-scheme" content="light dark"' in html or kind == "operator"


@pytest.mark.parametrize("language", languages())
def test_where_no_reference_is_read_there_is_only_ascii(language: str) -> None:
    for mail in every_mail(language).values():
        unread = re.findall(r"<style.*?</style>|<!--.*?-->", mail.html, re.DOTALL)
        assert "".join(unread).isascii()  # the rest of HTML may be written as references (content.html_body)


@pytest.mark.parametrize("kind", ALL)
def test_only_the_copy_can_be_switched_off_with_one_click(kind: str) -> None:
    assert ALL[kind].list_unsubscribe == (COPIES if kind == "copy" else "")
    written = write(ALL[kind])
    assert (b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in written) == (kind == "copy")
    assert (COPIES in ALL[kind].text and COPIES in ALL[kind].html) == (kind == "copy")


HUGE = {
    "words": "a line of words & <signs> that goes on\n" * 30_000,
    "signs": "<&>" * 300_000,
    "wide": "漢字" * 200_000,
    "one line": "x" * 1_000_000,
}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", HUGE)
def test_a_huge_message_is_shown_as_far_as_mail_programs_go_and_is_whole_as_text(name: str, language: str) -> None:
    text = HUGE[name]
    said = answered(
        text, f"<p>{text}</p>" if name == "wide" else "", *[File(f"{n}.pdf", "a/b", b"") for n in range(900)]
    )
    said = replace(said, subject="s" * 10_000)
    mails = {
        "relayed": relayed_mail(PLACE, REQUEST, to(buyer(language)), IDS, said),
        "colleague": colleague_mail(PLACE, REQUEST, to(colleague(language)), IDS, said, (buyer(),)),
        "request": request_mail(PLACE, REQUEST, to(seller(language)), IDS, replace(asked(), text=text)),
        "confirmation": confirmation_mail(PLACE, REQUEST, to(buyer(language)), IDS, replace(asked(), text=text)),
        "copy": copy_mail(PLACE, REQUEST, to(seller(language)), IDS, said, (buyer(),), LATER, HIDDEN),
        **deed_mails(language, *[text] * 60),
    }
    for kind, mail in mails.items():
        assert len(mail.html.encode()) < MOST, kind
    for kind in ("relayed", "colleague", "request", "confirmation", "copy"):
        assert text.strip("\n") in mails[kind].text
    if language == "en":
        assert "The message goes on. Read all of it in the conversation" in shown(mails["relayed"].html)
        assert "earlier messages are not shown here. Read all of it" in shown(mails["history"].html)


@pytest.mark.parametrize("kind", ALL)
def test_an_ordinary_mail_is_small(kind: str) -> None:
    assert len(ALL[kind].html.encode()) < 20_000


def test_what_fits_is_not_cut() -> None:
    text = "a line of words\n" * 3000
    assert not spoken(answered(text), words_for("en"), DOMAIN).cut
    assert "goes on" not in relayed_mail(PLACE, REQUEST, to(buyer()), IDS, answered(text)).html
    history = deed_mails("en", *["short"] * 30)["history"]
    assert "not shown here" not in history.html
    assert history.html.count("short") == 30
