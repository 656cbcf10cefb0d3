"""Bodies drawn line by line. The first character of a line tells what it is:

+ typed now   - quoted   s signature   d disclaimer   (and a blank line belongs to either side)
"""

from parley.threading import reply

NAMES = {"+": "text", "-": "quoted", "s": "signature", "d": "disclaimer"}


def parse(drawn: str) -> tuple[str, list[tuple[str, str]]]:
    """The body and the kinds of its filled lines."""
    lines = drawn.strip("\n").split("\n")
    body = "\n".join(line[2:] for line in lines) + "\n"
    return body, [(NAMES[line[0]], line[2:]) for line in lines if line[2:].strip()]


def kinds_of(body: str) -> list[tuple[str, str]]:
    """The kinds of the filled lines of a body as they are told."""
    segments = reply.split(body, "plain").segments
    return [(kind, line) for kind, piece in segments for line in piece.split("\n") if line.strip()]


def check(drawn: str) -> None:
    """Each line is what is drawn, with other line ends and without the last one, too; and nothing is lost."""
    body, expected = parse(drawn)
    assert kinds_of(body) == expected
    crlf = body.replace("\n", "\r\n")
    assert [(kind, line.rstrip("\r")) for kind, line in kinds_of(crlf) if line.strip()] == expected
    assert kinds_of(body.rstrip("\n")) == expected
    assert "".join(piece for _, piece in reply.split(crlf, "plain").segments) == crlf
