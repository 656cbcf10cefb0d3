"""What a mail is composed with: the settings and the links of its one reader. It can go to another process."""

from dataclasses import dataclass

from .personal_links import LinkMaker
from .settings import Settings


@dataclass(frozen=True, slots=True)
class OwnLinks:
    """The tokens of one reader, made before: the secret of all stays here. Used like a LinkMaker."""

    link: str
    switch: str
    waiting: str  # of a held message; "" where the mail is about none

    def token(self, _participant: str, _renewed: int = 0) -> str:
        """Return the token of his link."""
        return self.link

    def copies(self, _participant: str) -> str:
        """Return the token by which he switches his copies off and on."""
        return self.switch

    def proof(self, _message: str) -> str:
        """Return the token by which he shows that an address is his."""
        return self.waiting


@dataclass(frozen=True, slots=True)
class Desk:
    """The gateway as far as composing knows it."""

    settings: Settings
    links: LinkMaker | OwnLinks
