"""Content-Type and Content-Disposition: the value, and its parameters in every way they are written.

RFC 2045 section 5.1, RFC 2231 (continuations, charsets), and encoded words inside a parameter, which
RFC 2047 section 5 forbids and half of the world writes.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from .charsets import clean_line, decode
from .headers import decoded

_PIECES = 100  # continuations of one parameter
_PARAMETER = re.compile(rb';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_ESCAPE = re.compile(rb'\\(["\\])')
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")


@dataclass(frozen=True, slots=True)
class Value:
    """A structured field: its value in lower case and its parameters, raw, by lower-case name."""

    value: str = ""
    parameters: dict[str, bytes] = field(default_factory=dict[str, bytes])

    @property
    def type(self) -> str:
        """The value where it is a MIME type, else ""."""
        match = _TYPE.match(self.value)
        return match[0] if match else ""

    def raw(self, name: str) -> bytes:
        """The bytes of a parameter that is compared byte for byte, such as boundary; b"" where there is none."""
        if name in self.parameters:
            return self.parameters[name]
        return self._extended(name)[1]

    def token(self, name: str) -> str:
        """A parameter that is one plain word, such as charset; "" where there is none."""
        words = self.raw(name).split()
        return decode(words[0])[0] if words else ""

    def text(self, name: str, hint: str = "") -> str:
        """A parameter meant for people, such as a file name; "" where there is none.

        Where both forms are given the extended one counts (RFC 6266 section 4.3 says so for the web).
        """
        charset, data = self._extended(name)
        if charset:
            return clean_line(decode(data, charset)[0])
        return decoded(data or self.parameters.get(name, b""), hint)

    def _extended(self, name: str) -> tuple[str, bytes]:
        """Charset and bytes by RFC 2231: name* (section 4), or name*0, name*1*, … (section 3) in order."""
        whole = self.parameters.get(name + "*")
        if whole is not None:
            return _percent_decoded(whole)
        data: list[bytes] = []
        charset = ""
        for number in range(_PIECES):
            plain = self.parameters.get(f"{name}*{number}")
            coded = self.parameters.get(f"{name}*{number}*")
            if coded is not None and number == 0:
                charset, piece = _percent_decoded(coded)
            elif coded is not None:
                piece = unquote_to_bytes(coded)
            elif plain is not None:
                piece = plain
            else:
                break
            data.append(piece)
        return charset, b"".join(data)


def parse(raw: bytes) -> Value:
    """The unfolded value of a Content-Type or Content-Disposition field. The first of equal names counts."""
    head, semicolon, rest = raw.partition(b";")
    words = head.split(None, 1)
    if len(words) == 2 and b"=" in words[1]:
        rest, semicolon = words[1] + semicolon + rest, b";"  # seen in practice: no semicolon after the type
    parameters: dict[str, bytes] = {}
    for match in _PARAMETER.finditer(semicolon + rest):
        parameters.setdefault(match[1].decode("latin-1").lower(), _unquoted(match[2].strip()))
    return Value(words[0].decode("latin-1").lower() if words else "", parameters)


def _unquoted(raw: bytes) -> bytes:
    if not raw.startswith(b'"'):
        return raw
    raw = raw[1:-1] if raw.endswith(b'"') and len(raw) > 1 else raw[1:]
    # Seen in practice: folders of Windows with lone backslashes; only \" and \\ are escapes.
    return _ESCAPE.sub(rb"\1", raw)


def _percent_decoded(raw: bytes) -> tuple[str, bytes]:
    """RFC 2231 section 4: charset'language'percent-encoded → charset, bytes."""
    parts = raw.split(b"'", 2)
    if len(parts) < 3:
        return "utf-8", unquote_to_bytes(raw)
    return parts[0].decode("latin-1") or "utf-8", unquote_to_bytes(parts[2])
