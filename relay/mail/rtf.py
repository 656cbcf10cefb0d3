"""Rich text as Outlook packs it ([MS-OXRTFCP]) and the words in it: bounded, linear, never raising."""

import re
import struct

from .charsets import decode

MOST_BYTES = 512 * 1024  # of unpacked rich text; what is longer is cut
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par "
    rb"\pard\plain\f0\fs20\b\i\u\tab\tx"
)
_WINDOW = 4096

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,9})? ?|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
_BREAKS = {"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t"}
_CHARACTERS = {
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "endash": "–", "emdash": "—", "bullet": "•",
}  # fmt: skip
_UNSEEN = frozenset({"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "listtable"})
_DEPTH = 1000


def decompress(data: bytes) -> bytes:
    """Rich text out of PidTagRtfCompressed; what can be had where it is damaged, b"" where it is none."""
    if len(data) < 16:
        return b""
    _, size, form, _ = struct.unpack_from("<IIII", data)
    if form == _PLAIN:
        return data[16 : 16 + min(size, MOST_BYTES)]
    if form != _COMPRESSED:
        return b""
    window = bytearray(_DICTIONARY.ljust(_WINDOW, b"\0"))
    write = len(_DICTIONARY)
    out = bytearray()
    place, most = 16, min(size, MOST_BYTES)
    while place < len(data) and len(out) < most:
        flags = data[place]
        place += 1
        for bit in range(8):
            if flags >> bit & 1:
                run = data[place : place + 2]
                place += 2
                start, length = (run[0] << 4 | run[1] >> 4, (run[1] & 15) + 2) if len(run) == 2 else (write, 0)
                if start == write:  # the mark of the end
                    return bytes(out[:most])
            else:
                start, length = place, 1
            for step in range(length):
                byte = window[(start + step) % _WINDOW] if flags >> bit & 1 else (data[place : place + 1] or b"\0")[0]
                out.append(byte)
                window[write] = byte
                write = (write + 1) % _WINDOW
            place += not flags >> bit & 1
    return bytes(out[:most])


def rtf_to_text(data: bytes) -> str:
    """The words of rich text, also of rich text that wraps HTML ([MS-OXRTFEX])."""
    reading = _Reading()
    for token in _TOKEN.finditer(data[:MOST_BYTES]):
        byte, word, number, sign, brace, text = token.groups()
        if brace:
            reading.brace(brace == b"{")
        elif byte:
            reading.write_bytes(bytes([int(byte, 16)]))
        elif word:
            reading.word(word.decode(), int(number) if number else None)
        elif sign:
            reading.sign(sign)
        elif text:
            reading.write_bytes(text)
    return reading.done()


class _Reading:
    """What is open, what is to be skipped, what has been read."""

    def __init__(self) -> None:
        self._hidden = [False]
        self._html_only = False  # rich text that stands for HTML, which is there too
        self._skip = 0  # characters that stand for a Unicode one before them
        self._code_page = "cp1252"
        self._bytes = bytearray()
        self._out: list[str] = []

    def brace(self, opens: bool) -> None:
        if opens and len(self._hidden) < _DEPTH:
            self._hidden.append(self._hidden[-1])
        elif not opens and len(self._hidden) > 1:
            self._hidden.pop()

    def word(self, word: str, number: int | None) -> None:
        if word == "htmlrtf":
            self._html_only = number != 0
        elif word in _UNSEEN:
            self._hidden[-1] = True
        elif word == "ansicpg" and number:
            self._code_page = f"cp{number}"
        elif word == "u" and number is not None:
            self._write(chr(number % 0x10000))
            self._skip = 1
        else:
            self._write(_BREAKS.get(word) or _CHARACTERS.get(word, ""))

    def sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._hidden[-1] = True
        elif sign in b"\\{}":
            self.write_bytes(sign)
        elif sign == b"~":
            self._write("\u00a0")
        elif sign in b"\r\n":
            self._write("\n")

    def write_bytes(self, data: bytes) -> None:
        data, self._skip = data[self._skip :], max(0, self._skip - len(data))
        if not (self._hidden[-1] or self._html_only):
            self._bytes += data

    def _write(self, text: str) -> None:
        if text and not (self._hidden[-1] or self._html_only):
            self._flush()
            self._out.append(text)

    def _flush(self) -> None:
        if self._bytes:
            self._out.append(decode(bytes(self._bytes), self._code_page)[0])
            self._bytes.clear()

    def done(self) -> str:
        self._flush()
        text = "".join(self._out)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip("\n")
