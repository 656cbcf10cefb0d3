"""Each kind of mail: from whom, to whom, what it says, what it must not say."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from parley.relay.compose.letters import Failure, FailureWord, Ids, RefusalWord
from parley.relay.compose.masking import Hidden
from parley.relay.compose.notices import failed_notice, refused_notice
from parley.relay.compose.relayed import colleague_mail, copy_mail, relayed_mail
from parley.relay.compose.request import confirmation_mail, request_mail
from parley.relay.mail import read
from parley.relay.mail.write import File, Letter, Mailbox, write
from parley.tests.compose_cast import (
    AT,
    BUYER_MASK,
    DOMAIN,
    FILE,
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

KINDS = tuple(all_mails("en"))
OF_AN_INQUIRY = tuple(kind for kind in KINDS if kind != "operator")


def relayed(**changes: object) -> Letter:
    return relayed_mail(PLACE, REQUEST, to(buyer()), IDS, replace(answered(), **changes))  # pyright: ignore[reportArgumentType]


def test_the_request_comes_from_the_buyer_s_mask_and_says_what_he_asks_for() -> None:
    mail = request_mail(PLACE, REQUEST, to(seller()), IDS, asked("How much?"))
    assert mail.from_ == Mailbox("Jean D. (Laiterie du Vercors) via DirectIndustry", BUYER_MASK)
    assert mail.to == (Mailbox("Sarah Miller", "sarah.miller@acme.example"),)
    assert (mail.subject, mail.date, mail.auto_submitted) == (REQUEST.subject, AT, "")
    for body in (mail.text, mail.html):
        for words in ("How much?", "RX-90", "https://directindustry.example/p/rx-90", "DI-48213"):
            assert words in body
        assert "a quote, a price list, documentation and a call back" in body
        assert "Just reply to this mail to answer." in body
        assert LINK in body


def test_the_confirmation_comes_from_the_seller_s_mask_with_the_buyer_s_own_words() -> None:
    mail = confirmation_mail(PLACE, REQUEST, to(buyer()), IDS, asked("How much?"))
    assert mail.from_ == Mailbox("ACME Robotics via DirectIndustry", SELLER_MASK)
    assert (mail.subject, mail.auto_submitted) == (REQUEST.subject, "auto-generated")
    assert "Your request was sent to ACME Robotics." in mail.text
    assert "How much?" in mail.text
    assert LINK in mail.text


def test_a_relayed_mail_keeps_subject_date_and_words_and_has_our_ids() -> None:
    mail = relayed(subject="AW: Palettiseur  RX-90 [#7]", files=(FILE,))
    assert mail.from_ == Mailbox("Sarah M. (ACME Robotics) via DirectIndustry", SELLER_MASK)
    assert mail.subject == "AW: Palettiseur  RX-90 [#7]"
    assert mail.date == AT
    assert (mail.message_id, mail.in_reply_to, mail.references) == (IDS.message_id, IDS.in_reply_to, IDS.references)
    assert mail.auto_submitted == ""
    assert mail.files == (FILE,)
    assert "Bonjour Jean,\n\n45 150 EUR.\n\nSarah\n" in mail.text
    assert "Sarah M. (ACME Robotics) wrote this to you on DirectIndustry." in mail.text


def test_the_author_s_long_lines_are_left_alone_and_ours_are_not_longer_than_72() -> None:
    line = "a line of the author " * 20
    text = relayed(text=line.strip()).text
    assert line.strip() in text
    assert all(len(ours) <= 72 for ours in text.split("\n") if not re.search(f"author|{LINK}|@", ours))


def test_a_colleague_s_reply_goes_to_the_other_side() -> None:
    mail = colleague_mail(PLACE, REQUEST, to(colleague()), IDS, answered("Hello", "", FILE), (buyer(),))
    assert mail.from_ == Mailbox("Sarah M. (your colleague) via DirectIndustry", BUYER_MASK)
    assert mail.files == (FILE,)
    assert "Sarah M. (your colleague) wrote this to Jean D. (Laiterie du Vercors)" in mail.text
    assert "your answer goes to Jean D." in mail.text


def test_the_copy_names_readers_and_files_and_sends_neither_address_nor_file() -> None:
    readers = (buyer(), replace(buyer(), name="Marie Curie", company="Labo"))
    said = answered("Hello", "", FILE, File("", "image/png", b"x" * 1_500_000))
    mail = copy_mail(PLACE, REQUEST, to(seller()), Ids("x@y", "own@acme.example"), said, readers, LATER, Hidden())
    assert mail.auto_submitted == "auto-generated"
    assert mail.from_ == Mailbox("Your copy via DirectIndustry", BUYER_MASK)
    assert (mail.subject, mail.date, mail.in_reply_to) == (said.subject, LATER, "own@acme.example")
    assert "sent to Jean D. (Laiterie du Vercors) and Marie C. (Labo)." in " ".join(mail.text.split())
    assert "23 November 2026, 11:14 UTC" in mail.text
    assert "With RX-90.pdf (9 kB) and a file (1.5 MB)." in mail.text
    assert mail.files == ()


@pytest.mark.parametrize("cause", get_args(FailureWord))
def test_a_failure_is_explained_without_the_other_s_address(cause: FailureWord) -> None:
    said = answered("First line.\n" + "word " * 1000)
    mail = failed_notice(PLACE, REQUEST, to(seller()), IDS, said, Failure(cause, buyer(), timedelta(days=5)), LATER)
    assert mail.from_ == Mailbox("DirectIndustry", f"postmaster@{DOMAIN}")
    assert (mail.subject, mail.auto_submitted) == ("Not delivered: Re: Palettiseur RX-90", "auto-replied")
    assert "Your message could not be delivered to Jean D. (Laiterie du Vercors)." in mail.text
    assert "First line." in mail.text
    assert " …" in mail.text
    assert mail.text.count("word") < 200
    assert ("5 days" in mail.text) == (cause == "unreachable")
    assert "laiterie.example" not in mail.text + mail.html
    assert LINK in mail.text


@pytest.mark.parametrize("cause", get_args(RefusalWord))
def test_a_refusal_is_explained(cause: RefusalWord) -> None:
    mail = refused_notice(PLACE, REQUEST, to(seller()), IDS, answered(), cause, LATER)
    assert (mail.subject, mail.auto_submitted) == ("Not passed on: Re: Palettiseur RX-90", "auto-replied")
    assert "Request DI-48213: RX-90" in mail.text
    assert "45 150 EUR." in mail.text


def test_every_cause_has_words_of_its_own() -> None:
    failures = [
        failed_notice(PLACE, REQUEST, to(seller()), IDS, answered(), Failure(cause, buyer(), timedelta(days=5)), AT)
        for cause in get_args(FailureWord)
    ]
    refusals = [
        refused_notice(PLACE, REQUEST, to(seller()), IDS, answered(), cause, AT) for cause in get_args(RefusalWord)
    ]
    assert len({mail.text for mail in failures}) == len(failures)
    assert len({mail.text for mail in refusals}) == len(refusals)


def test_a_failure_known_at_once_says_nothing_of_days() -> None:
    mail = failed_notice(PLACE, REQUEST, to(seller()), IDS, answered(), Failure("unreachable", buyer()), LATER)
    assert "We tried" not in mail.text


def test_mail_for_the_operator_encloses_the_mail_as_it_came() -> None:
    mail = all_mails("en")["operator"]
    assert mail.from_ == Mailbox("DirectIndustry", f"postmaster@{DOMAIN}")
    assert mail.subject == f"Mail to abuse@{DOMAIN}"
    (enclosed,) = read(write(mail)).attachments
    assert enclosed.type == "message/rfc822"
    assert enclosed.data == b"From: x@y.example\r\nSubject: Spam\r\n\r\nStop.\r\n"


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_can_be_written_is_the_same_again_and_ends_loops(kind: str) -> None:
    data = write(all_mails("en")[kind])
    assert data == write(all_mails("en")[kind])
    assert read(data).first("X-Parley-Loop") == DOMAIN
    assert read(data).first("Content-Language") == "en"


@pytest.mark.parametrize("kind", OF_AN_INQUIRY)
def test_every_mail_says_why_one_gets_it_and_where_to_turn(kind: str) -> None:
    mail = all_mails("en")[kind]
    for body in (mail.text, mail.html):
        assert LINK in body
        assert "You get this mail because" in " ".join(body.split())
        assert "DI-48213" in body
        assert "help@directindustry.example" in body


@pytest.mark.parametrize("kind", KINDS)
def test_no_mail_names_the_other_side_s_address(kind: str) -> None:
    mail = all_mails("en")[kind]
    reader = mail.to[0].address
    data = f"{mail.from_}{mail.subject}{mail.text}{mail.html}"
    addresses = {"jean.dupont@laiterie.example", "sarah.miller@acme.example", "tom.weber@acme.example"} - {reader}
    assert not any(address in data for address in addresses)


@pytest.mark.parametrize("kind", OF_AN_INQUIRY)
def test_html_is_small_and_fetches_nothing(kind: str) -> None:
    html = all_mails("en")[kind].html
    assert html.startswith("<!DOCTYPE html>")
    assert len(html.encode()) < 10_000  # Gmail cuts at 102 kB; the rest is for the author
    for fetching in ("<img", "<link", "<script", "url(", "@import", "@font-face", "background="):
        assert fetching not in html
    assert "{{" not in html
    assert "var(--" not in html
    assert "prefers-color-scheme: dark" in html


def test_help_may_be_a_page_or_nothing() -> None:
    page = replace(PLACE, help="https://help.example/answering")
    none = replace(PLACE, help="")
    assert 'href="https://help.example/answering"' in relayed_mail(page, REQUEST, to(buyer()), IDS, answered()).html
    mail = relayed_mail(none, REQUEST, to(buyer()), IDS, answered())
    assert "Help:" not in mail.text + mail.html


def test_an_inquiry_that_names_neither_company_nor_product_makes_whole_sentences() -> None:
    bare = replace(REQUEST, company_name="", product_name="", product_url="", wishes=())
    nameless = replace(buyer(), name="", company="")
    mail = request_mail(PLACE, bare, to(seller()), IDS, replace(asked(), writer=nameless))
    assert mail.from_.name == "A buyer via DirectIndustry"
    assert "because a request was sent to you on DirectIndustry." in " ".join(mail.text.split())
    assert "Product" not in mail.text
    assert "Asks for" not in mail.text
    mail = confirmation_mail(PLACE, bare, to(buyer()), IDS, asked())
    assert "Your request was sent to the seller." in mail.text
    assert "because you sent a request on DirectIndustry." in " ".join(mail.text.split())
