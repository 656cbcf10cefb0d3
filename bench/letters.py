"""The mails of the relay benchmark: a seller's answers as mail programs write them, small ones and ones with a file."""

import base64
import os
import time
from datetime import UTC, datetime

from parley.relay.compose.dkim import Signer

DOMAIN = "werk.example"
SELLER = f"anna@{DOMAIN}"
_SMALL = 8192  # octets; larger letters carry a file
_LINE = "We thank you for your request; the price is valid until the end of the month.\r\n"
_QUOTE = "\r\nOn Mon, 23 Nov 2026 at 07:58, Jean Dupont wrote:\r\n> How much would twelve of them be?\r\n> Jean\r\n"
_EDGE = "=_edge_42"


class Letters:
    """Makes letters of about `size` octets; `signer` signs them as the seller's own server would."""

    def __init__(self, size: int, signer: Signer | None = None) -> None:
        self._signer = signer
        self._body = _text(size) if size <= _SMALL else _with_file(size)
        self._kind = "text/plain; charset=utf-8" if size <= _SMALL else f'multipart/mixed; boundary="{_EDGE}"'

    def letter(self, number: int, to: str) -> bytes:
        """Return the letter with this number, its marker in the Subject."""
        head = (
            f"Received: from mail.{DOMAIN} (mail.{DOMAIN} [192.0.2.7])\r\n"
            f"\tby out.{DOMAIN} with ESMTPS id 4XyZ0123abc;\r\n\tMon, 23 Nov 2026 08:00:00 +0000\r\n"
            f"From: Anna Weber <{SELLER}>\r\nTo: <{to}>\r\n"
            f"Subject: Re: Price [b:{number}]\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n"
            f"Message-ID: <b{number}.{time.monotonic_ns()}@{DOMAIN}>\r\nIn-Reply-To: <inq-1@market.example>\r\n"
            "References: <inq-0@market.example>\r\n <inq-1@market.example>\r\nUser-Agent: Mozilla Thunderbird\r\n"
            f"MIME-Version: 1.0\r\nContent-Type: {self._kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        )
        data = head.encode() + self._body
        return self._signer.sign(data, DOMAIN, datetime.now(UTC)) if self._signer else data


def _text(size: int) -> bytes:
    lines = max(1, (size - 850) // len(_LINE))
    return (_LINE * lines + _QUOTE).encode()


def _with_file(size: int) -> bytes:
    data = base64.encodebytes(b"%PDF-1.7\n" + os.urandom(max(1, (size - 1600) * 57 // 78))).replace(b"\n", b"\r\n")
    head = f"--{_EDGE}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{_LINE * 3}{_QUOTE}--{_EDGE}\r\n"
    head += 'Content-Type: application/pdf; name="offer.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
    head += 'Content-Disposition: attachment; filename="offer.pdf"\r\n\r\n'
    return head.encode() + data + f"--{_EDGE}--\r\n".encode()
