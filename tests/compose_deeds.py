"""The mails about what somebody did, one of each kind, in one language."""

from datetime import timedelta

from parley.relay.compose.deed_words import Doing
from parley.relay.compose.deeds import (
    Entry,
    declined_mail,
    done_notice,
    handed_mail,
    help_mail,
    history_mail,
    news_notice,
    phone_mail,
    spam_note,
)
from parley.relay.mail.write import Letter, Mailbox
from parley.tests.compose_cast import AT, FILE, IDS, LATER, PLACE, REQUEST, buyer, colleague, seller, to

UNTIL = LATER + timedelta(hours=24)
FINE = {"name": "plan.docx", "types": "pdf png", "most": "10000000"}


def entries(*texts: str) -> tuple[Entry, ...]:
    """A conversation: the buyer and the seller in turn."""
    people = (buyer(), seller())
    return tuple(Entry(people[n % 2], AT + timedelta(hours=n), text, ("RX-90.pdf",)) for n, text in enumerate(texts))


def deed_mails(language: str, *said: str) -> dict[str, Letter]:
    """One mail of each kind; `said` is the conversation of those that hold one."""
    head = (PLACE, REQUEST)
    talk = entries(*(said or ("Combien ?", "45 150 EUR.")))
    declined = Doing("inquiry.declined", seller(), False, reason="outside_area", text="Merci.", others=(buyer(),))
    handed = Doing("inquiry.transferred", seller(), True, text="À toi.", address="tom.weber@acme.example", until=UNTIL)
    shown = Doing("phone.shown", seller(), False)
    return {
        "declined": declined_mail(*head, to(buyer(language)), IDS, declined, LATER),
        "done": done_notice(*head, to(seller(language)), IDS, handed, LATER),
        "news, own": news_notice(*head, to(colleague(language)), IDS, handed, LATER),
        "news": news_notice(*head, to(buyer(language)), IDS, shown, LATER),
        "handed": handed_mail(*head, to(colleague(language)), IDS, handed, talk, (FILE,), LATER),
        "history": history_mail(*head, to(seller(language)), IDS, talk, (FILE,), LATER),
        "phone": phone_mail(*head, to(seller(language)), IDS, ((buyer(), "+33 1 23 45 67 89"),), LATER),
        "help, decline": help_mail(*head, to(seller(language)), IDS, "decline", "unclear", {}, LATER),
        "help, document": help_mail(*head, to(seller(language)), IDS, "document", "type_not_taken", FINE, LATER),
        "spam": spam_note(PLACE, REQUEST, Mailbox("", "ops@gateway.example"), IDS, "2026-abc", LATER),
    }
