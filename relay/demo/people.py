"""Who plays in the demo. Everybody and everything here is invented; `.example` leads nowhere (RFC 2606)."""

from dataclasses import dataclass
from enum import StrEnum

MARKETPLACE = "machina"
MARKETPLACE_NAME = "Machina"
REPLY_DOMAIN = "reply.machina.example"


class Client(StrEnum):
    """The mail program somebody writes with."""

    GMAIL = "gmail"
    OUTLOOK = "outlook"
    APPLE = "apple"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a mailbox."""

    key: str  # in the page's addresses
    name: str
    email: str
    company: str
    side: str  # buyer | seller
    language: str
    client: Client  # what he writes with unless another is chosen
    phone: str = ""

    @property
    def domain(self) -> str:
        """Where his mail server is."""
        return self.email.rpartition("@")[2]


CAMILLE = Person(
    "camille",
    "Camille Laurent",
    "camille@brasserie-du-lac.example",
    "Brasserie du Lac",
    "buyer",
    "fr",
    Client.APPLE,
    "+33 4 50 00 00 00",
)
ANNA = Person("anna", "Anna Weber", "anna.weber@nordwind.example", "Nordwind Pumps", "seller", "en", Client.OUTLOOK)
TOM = Person("tom", "Tom Baker", "tom.baker@nordwind.example", "Nordwind Pumps", "seller", "en", Client.GMAIL)

PEOPLE = (CAMILLE, ANNA, TOM)
