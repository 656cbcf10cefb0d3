"""mutt and s-nail as the people's mail programs: they quote, thread and send as they do every day."""

import mailbox
from contextlib import closing
from email.message import Message
from pathlib import Path

import pytest
from parley.tests.gateway import BUYER, SELLER, body, header, running, to
from parley.tests.interop.clients import mutt_reply, s_nail_reply, store, store_mbox
from parley.tests.interop.house import files, house, message_id
from parley.tests.interop.programs import need
from parley.tests.peer import Got, Peer
from parley.threading.parent import arrange

pytestmark = pytest.mark.interop
ANNA, JEAN = ("Anna Weber", SELLER), ("Jean Dupont", BUYER)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


def sent(home: Path) -> Message:
    """The newest mail in mutt's own folder of sent mails: what the person sees that he wrote."""
    box = mailbox.Maildir(home / "sent", create=False)
    return max(box, key=lambda one: one.get_date())


def words(got: Got) -> str:
    """What the other side reads as said: all between the gateway's line for replies and its footer."""
    return body(got).partition("above this line —\n")[2].partition("\n-----")[0].strip()


def place(tmp_path: Path, name: str) -> Path:
    home = tmp_path / name
    home.mkdir()
    return home


async def test_a_seller_with_mutt_and_a_buyer_with_s_nail_negotiate(tmp_path: Path) -> None:
    need("mutt", "s-nail")
    anna, jean = place(tmp_path, "anna"), place(tmp_path, "jean")
    quote = anna / "quote.pdf"
    quote.write_bytes(PDF)
    async with house(tmp_path) as all_:
        made = await all_.gateway.open()
        first = await all_.sink.wait(2)
        (request,), (confirmation,) = to(first, SELLER), to(first, BUYER)

        # Anna answers the request above its quote and attaches a file; Postfix's sendmail takes it.
        store(anna / "inbox", [request])
        await mutt_reply(anna, all_.postfix.sendmail, ANNA, "4,800 EUR für zwölf.\n\nAnna", attach=quote)
        offer = to(await all_.sink.wait(3), BUYER)[-1]
        hers = sent(anna)
        assert b"> what would twelve P-200 pumps cost?" in hers.as_bytes()  # she did quote
        assert words(offer) == "4,800 EUR für zwölf.\n\nAnna"
        assert files(offer) == {"quote.pdf": PDF}
        assert message_id(confirmation) in header(offer, "References")
        assert b"werk.example" not in offer.data

        # Jean answers below the quote, straight over SMTP.
        store_mbox(jean / "mbox", [confirmation, offer])
        await s_nail_reply(jean, all_.gateway.gateway.smtp_address[1], JEAN, "Trop cher. 4 500 ?")
        counter = to(await all_.sink.wait(4), SELLER)[-1]
        assert words(counter) == "Trop cher. 4 500 ?"
        assert header(counter, "In-Reply-To") == hers["Message-ID"]
        assert b"acheteur.example" not in counter.data

        # Anna answers below the quote.
        store(anna / "inbox", [counter])
        await mutt_reply(anna, all_.postfix.sendmail, ANNA, "Agreed, 4,500 EUR.", above=False)
        agreed = to(await all_.sink.wait(5), BUYER)[-1]
        assert words(agreed) == "Agreed, 4,500 EUR."

        messages = (await all_.gateway.show(made.id))["messages"]
        assert [(one["side"], one["text"].strip().splitlines()[0]) for one in messages] == [
            ("buyer", "Hello,"),
            ("seller", "4,800 EUR für zwölf."),
            ("buyer", "Trop cher. 4 500 ?"),
            ("seller", "Agreed, 4,500 EUR."),
        ]
        assert [one["parent"] for one in messages] == [None, *(one["id"] for one in messages[:3])]
        assert ["twelve P-200 pumps" in messages[1]["quoted"], "4,800 EUR" in messages[2]["quoted"]] == [True, True]
        assert [one["name"] for one in messages[1]["attachments"]] == ["quote.pdf"]
        await all_.postfix.empty()

        # In each mailbox all is one thread, each mail below the one it answers.
        her_box = [request.data, hers.as_bytes(), counter.data, sent(anna).as_bytes()]
        with closing(mailbox.mbox(jean / "sent")) as box:
            his = [bytes(one) for one in box]
        assert chain(her_box) == 4
        assert chain([confirmation.data, offer.data, *his, agreed.data]) == 4


async def test_a_buyer_whose_s_nail_quotes_with_a_tab(tmp_path: Path) -> None:
    """Out of the box s-nail quotes as mailx did: a name and "wrote:", then the mail with a tab before each line."""
    need("s-nail")
    jean = place(tmp_path, "jean")
    async with Peer() as sink, running(tmp_path, sink) as gateway:
        made = await gateway.open()
        store_mbox(jean / "mbox", to(await sink.wait(2), BUYER))
        await s_nail_reply(jean, gateway.gateway.smtp_address[1], JEAN, "And thirteen?", mark="")
        assert words(to(await sink.wait(3), SELLER)[-1]) == "And thirteen?"
        messages = (await gateway.show(made.id))["messages"]
        assert messages[1]["text"].strip() == "And thirteen?"


def chain(mails: list[bytes]) -> int:
    """How deep the mails stand in one line, each the only answer to the one before it; 0 where they do not."""
    depth, level = 0, arrange(mails)
    while level:
        if len(level) != 1 or level[0].index != depth:
            return 0
        depth, level = depth + 1, list(level[0].children)
    return depth
