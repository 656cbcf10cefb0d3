"""A mail ready for the wire. What reaches an SMTP command has passed through `check`, and nothing else does.

The SMTP library trims an address that holds a line end and sends the rest, so an address is never left for it
to judge: it is exactly of the form of RFC 5321 4.1.2, or the mail is not sent.
"""

import re
from dataclasses import dataclass

import dns.exception
import dns.name

from ..mail.envelope import Envelope
from ..mail.pieces import Content, Lines, Pieces, octets, whole_lines
from .answer import NotSent, Outcome

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010FFFF-]+"  # atext of RFC 5322 3.2.3, and UTF-8 of RFC 6531 3.3
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED_STRING = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*", re.I)


@dataclass(frozen=True, slots=True)
class Letter:
    """A checked mail. The addresses are as the wire wants them; `needs_…` say what the remote must offer."""

    mail_from: str
    rcpt_to: str
    content: Content
    needs_smtputf8: bool  # RFC 6531
    needs_8bitmime: bool  # RFC 6152

    @property
    def domain(self) -> str:
        """Where it goes, in ASCII."""
        return self.rcpt_to.rpartition("@")[2]


def check(envelope: Envelope, content: Content) -> Letter:
    """Return the mail as it may be sent. Raises NotSent with a permanent outcome that says what is wrong."""
    mail_from = _address(envelope.mail_from, "5.1.7") if envelope.mail_from else ""
    rcpt_to = _address(envelope.rcpt_to, "5.1.3")
    # A lone CR or LF beside a dot ends the mail for some servers and starts a forged one (RFC 5321 2.3.8).
    texts = octets(content)
    if not whole_lines(content) or any(b"\0" in text for text in texts):
        raise NotSent(Outcome.failed("the mail's line ends are not all CRLF, or it holds NUL", "5.6.0", stage="data"))
    header, _, _ = texts[0].partition(b"\r\n\r\n")
    utf8 = not (mail_from.isascii() and rcpt_to.isascii() and header.isascii())
    eight_bit = isinstance(content, Pieces) and any(isinstance(one, Lines) and not one.seven_bit for one in content.all)
    return Letter(mail_from, rcpt_to, content, utf8, eight_bit or not all(text.isascii() for text in texts))


def _address(address: str, enhanced: str) -> str:
    """Return the address with its domain in ASCII. Raises NotSent."""
    local, at, domain = address.rpartition("@")
    well_formed = bool(_DOT_STRING.fullmatch(local) or _QUOTED_STRING.fullmatch(local)) and local.isprintable()
    ascii_domain = _ascii(domain)
    if not (at and well_formed and ascii_domain and len(local.encode()) <= 64):
        raise NotSent(Outcome.failed(f"not an address that mail can be sent to: {address!a}", enhanced))
    if len(f"{local}@{ascii_domain}".encode()) > 254:  # RFC 5321 4.5.3.1.3, without the angle brackets
        raise NotSent(Outcome.failed(f"an address longer than 254 octets: {address!a}", enhanced))
    return f"{local}@{ascii_domain}"


def _ascii(domain: str) -> str:
    """Return a domain in its ASCII form (RFC 5890), "" where it is none; an address literal is none."""
    if not domain.isascii():
        try:
            domain = dns.name.from_text(domain, idna_codec=dns.name.IDNA_2008_Strict).to_text(omit_final_dot=True)
        except (dns.exception.DNSException, UnicodeError):
            return ""
    return domain if _DOMAIN.fullmatch(domain) and len(domain) <= 253 else ""
