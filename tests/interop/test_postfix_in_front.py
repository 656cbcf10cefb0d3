"""Postfix in front: it takes the mail of the reply domain from the world and hands it on to the gateway."""

from base64 import b64encode
from pathlib import Path

import pytest
from parley.relay.actions.close import close
from parley.tests.gateway import BUYER, DOMAIN, SELLER, body, header, mail, opened, running, to
from parley.tests.interop.house import House, files, house, message_id, with_file
from parley.tests.peer import Got

pytestmark = pytest.mark.interop
EIGHT_BIT = "Grüße aus Köln – 4.800 € für zwölf Pumpen."


async def test_mail_of_all_shapes_passes_threads_and_reaches_the_buyer(tmp_path: Path) -> None:
    async with house(tmp_path) as all_:
        made = await all_.gateway.open()
        mask = made.masks["buyer"]
        first = await all_.sink.wait(2)
        (request,) = to(first, SELLER)
        (confirmation,) = to(first, BUYER)

        plain = mail(SELLER, mask, EIGHT_BIT, message_id="a1@werk.example", references=message_id(request))
        await all_.hand(SELLER, [mask], plain, "BODY=8BITMIME")
        got = to(await all_.sink.wait(3), BUYER)[-1]
        assert EIGHT_BIT in body(got)
        assert message_id(confirmation) in header(got, "References")

        five = bytes(range(256)) * 20480
        big = with_file(mask, "The drawings.", "Zeichnung-ä.pdf", five, "a2@werk.example")
        await all_.hand(SELLER, [mask], big)
        got = to(await all_.sink.wait(4), BUYER)[-1]
        assert files(got) == {"Zeichnung-ä.pdf": five} or list(files(got).values()) == [five]
        assert "The drawings." in body(got)

        # Postfix itself breaks a line at 998 octets with a blank; nothing else may be missing.
        long = " ".join(f"{number}." for number in range(1000))
        await all_.hand(SELLER, [mask], mail(SELLER, mask, f"{long}\n.\n..two dots", message_id="a3@werk.example"))
        got = to(await all_.sink.wait(5), BUYER)[-1]
        assert long.replace(" ", "") in "".join(body(got).split())
        assert "\n.\n..two dots" in body(got)

        assert [one.violations for one in all_.sink.mails] == [()] * 5
        dialogue = all_.postfix.log
        assert "250-PIPELINING" in dialogue
        assert " BODY=8BITMIME" in dialogue
        messages = (await all_.gateway.show(made.id))["messages"]
        assert [one["side"] for one in messages] == ["buyer", "seller", "seller", "seller"]
        assert messages[1]["parent"] == messages[0]["id"]
        await all_.postfix.empty()


async def test_a_mail_that_needs_smtputf8_passes(tmp_path: Path) -> None:
    """An envelope sender and a header in UTF-8 (RFC 6531, RFC 6532), of a seller we know by his From."""
    async with house(tmp_path) as all_:
        made = await all_.gateway.open()
        mask = made.masks["buyer"]
        await all_.sink.wait(2)
        data = mail(f"Änne Weber <{SELLER}>", mask, EIGHT_BIT, subject="Re: Preis für 12 Pumpen")
        await all_.hand("änne@werk.example", [mask], data, "SMTPUTF8", "BODY=8BITMIME")
        got = to(await all_.sink.wait(3), BUYER)[-1]
        assert EIGHT_BIT in body(got)
        assert header(got, "Subject") == "Re: Preis für 12 Pumpen"
        assert got.violations == ()
        assert " SMTPUTF8" in all_.postfix.log
        assert "nne@werk" not in got.data.decode()
        await all_.postfix.empty()


async def test_a_seller_whose_address_is_utf8_is_written_to(tmp_path: Path) -> None:
    address = "jürgen@werk.example"
    async with house(tmp_path) as all_:
        made = await all_.gateway.open(sellers=[{"email": address, "name": "Jürgen"}])
        mask = made.masks["buyer"]
        (request,) = to(await all_.sink.wait(2), address)
        assert "SMTPUTF8" in request.options
        await all_.hand(address, [mask], mail(f"Jürgen <{address}>", mask, EIGHT_BIT), "SMTPUTF8", "BODY=8BITMIME")
        assert EIGHT_BIT in body(to(await all_.sink.wait(3), BUYER)[-1])


def report(got: Got) -> tuple[str, str, str]:
    """A bounce in its three parts (RFC 3462): the words on one line, the delivery status, the mail that came back."""
    whole = opened(got)
    assert whole.get_content_type() == "multipart/report"
    parts = {part.get_content_type(): part.as_string() for part in whole.walk()}
    return " ".join(body(got).split()), parts["message/delivery-status"], parts["message/rfc822"]


async def bounce_of(all_: House, mails: int) -> tuple[str, str, str]:
    """The report to the seller, which is the newest of this many mails."""
    got = (await all_.sink.wait(mails))[-1]
    assert got.mail_from == ""
    assert got.rcpt == (SELLER,)
    return report(got)


async def test_a_refusal_comes_back_to_the_writer_in_our_words(tmp_path: Path) -> None:
    async with house(tmp_path) as all_:
        made = await all_.gateway.open()
        mask, unknown = made.masks["buyer"], f"buyer-{'a' * 16}@{DOMAIN}"
        await all_.sink.wait(2)

        # One mail, two recipients: the one is reached, of the other the writer is told.
        await all_.hand(SELLER, [unknown, mask], mail(SELLER, mask, "For both."))
        mails = await all_.sink.wait(4)
        (reached,) = to(mails[2:], BUYER)
        assert "For both." in body(reached)
        (told,) = to(mails[2:], SELLER)
        words, status, back = report(told)
        assert "550 5.1.1 R101 There is no such address here" in words
        assert "Status: 5.1.1" in status
        assert unknown in status
        assert "For both." in back

        # Refused after DATA: for what is in it, not for whom it is.
        await all_.hand(SELLER, [mask], mail(SELLER, mask, ""))
        words, status, _ = await bounce_of(all_, 5)
        assert "R208 The mail holds neither words nor a file" in words
        assert "Status: 5.6.0" in status

        await close(all_.gateway.gateway.world, made.id, "ops")
        await all_.hand(SELLER, [mask], with_file(mask, "Too late?", "late.pdf", b"%PDF-1.7 late"))
        words, status, back = await bounce_of(all_, 6)
        assert "550 5.1.6 R102 This conversation is closed" in words
        assert "Status: 5.1.6" in status
        assert b64encode(b"%PDF-1.7 late").decode() in back  # whole, file and all
        await all_.postfix.empty()
        assert len(all_.sink.mails) == 6


async def test_postfix_keeps_the_mail_while_the_gateway_is_away(tmp_path: Path) -> None:
    async with house(tmp_path) as all_:
        made = await all_.gateway.open()
        mask = made.masks["buyer"]
        await all_.sink.wait(2)
        await all_.gateway.gateway.stop()
        await all_.hand(SELLER, [mask], mail(SELLER, mask, "Are you there?", message_id="kept@werk.example"))
        await all_.postfix.until(lambda: any(name.startswith("deferred/") for name in all_.postfix.queued()))
        async with running(tmp_path, all_.sink) as again:
            await all_.postfix.send_on_to(again.gateway.smtp_address[1])
            got = to(await all_.sink.wait(3), BUYER)[-1]
            assert "Are you there?" in body(got)
            await all_.postfix.empty()
        assert len(all_.sink.mails) == 3
