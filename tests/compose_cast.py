"""One inquiry with its people, for tests of the mails: every kind of mail can be made from it."""

from datetime import UTC, datetime, timedelta

from parley.relay.compose.letters import Delay, Failure, Ids, Person, Place, Reading, Received, Request, Said, To
from parley.relay.compose.masking import Hidden, Note
from parley.relay.compose.notices import delayed_notice, failed_notice, operator_mail, read_notice, refused_notice
from parley.relay.compose.relayed import colleague_mail, copy_mail, relayed_mail
from parley.relay.compose.request import confirmation_mail, request_mail
from parley.relay.mail.write import File, Letter, Mailbox

DOMAIN = "reply.directindustry.example"
BUYER_MASK, SELLER_MASK = f"buyer-kmnprstuvwxyz234@{DOMAIN}", f"seller-abcdefghkmnprstu@{DOMAIN}"
LINK = "https://directindustry.example/c/j3aNs-LiNk_0p9Kk8Jj7B"
COPIES = "https://directindustry.example/n/2026abcd/c0piEs-t0k3n_9p9Kk8J"
AT = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
LATER = AT + timedelta(hours=2)

PLACE = Place(
    "DirectIndustry", DOMAIN, "en", "help@directindustry.example", "#1f5fbf", "https://directindustry.example"
)
REQUEST = Request(
    "DI-48213",
    "Palettiseur RX-90",
    "RX-90",
    "https://directindustry.example/p/rx-90",
    "ACME Robotics",
    ("quote", "price_list", "documentation", "call_back"),
)
IDS = Ids(f"m.xxxxyyyyzzzz2345@{DOMAIN}", "parent@reader.example", ("first@reader.example", "parent@reader.example"))
FILE = File("RX-90.pdf", "application/pdf", b"%PDF-1.4\n" * 1000)

HIDDEN = Hidden(
    2, 1, (Note("winmail.dat", "dropped", "tnef"), Note("offer.pdf", "kept", "other", 0, names_somebody=True))
)


def buyer(language: str = "en") -> Person:
    return Person("Jean Dupont", "jean.dupont@laiterie.example", language, "buyer", "Laiterie du Vercors")


def seller(language: str = "en") -> Person:
    return Person("Sarah Miller", "sarah.miller@acme.example", language, "seller", "")


def colleague(language: str = "en") -> Person:
    return Person("Tom Weber", "tom.weber@acme.example", language, "seller", "")


def to(reader: Person) -> To:
    buys = reader.side == "buyer"
    verbs = (("close",) if buys else ("decline",)) + ("transfer", "phone", "history")
    return To(reader, LINK, SELLER_MASK if buys else BUYER_MASK, verbs, COPIES)


def asked(text: str = "Combien ?") -> Said:
    return Said(buyer(), text, "", AT, REQUEST.subject)


def answered(text: str = "Bonjour Jean,\n\n45 150 EUR.\n\nSarah", html: str = "", *files: File) -> Said:
    return Said(seller(), text, html, AT, f"Re: {REQUEST.subject}", files)


def all_mails(language: str, place: Place = PLACE, request: Request = REQUEST) -> dict[str, Letter]:
    """One mail of each kind, by the name of its template."""
    said = answered("Bonjour Jean,\n\n45 150 EUR.", "", FILE)
    head = (place, request)
    unreachable = Failure("unreachable", buyer(), timedelta(days=5))
    late = Delay(buyer(), timedelta(hours=4), timedelta(days=5))
    return {
        "request": request_mail(*head, to(seller(language)), IDS, asked()),
        "confirmation": confirmation_mail(*head, to(buyer(language)), IDS, asked()),
        "relayed": relayed_mail(*head, to(buyer(language)), IDS, said),
        "colleague": colleague_mail(*head, to(colleague(language)), IDS, said, (buyer(),)),
        "copy": copy_mail(*head, to(seller(language)), IDS, said, (buyer(),), LATER, HIDDEN),
        "failed": failed_notice(*head, to(seller(language)), IDS, said, unreachable, LATER),
        "delayed": delayed_notice(*head, to(seller(language)), IDS, said, late, LATER),
        "read": read_notice(*head, to(seller(language)), IDS, said, Reading(buyer(), "screen"), LATER),
        "refused": refused_notice(*head, to(seller(language)), IDS, said, "closed", LATER),
        "operator": operator_mail(
            Place(place.name, place.reply_domain, language, place.help, place.colour, place.base_url),
            Mailbox("", "ops@gateway.example"),
            IDS,
            Received(f"abuse@{DOMAIN}", AT, b"From: x@y.example\r\nSubject: Spam\r\n\r\nStop.\r\n"),
        ),
    }
