"""Whatever comes in, only headers of our own list go out: each once, folded, of plain octets, within the limits."""

import re
from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st
from parley.relay.compose.letters import Ids, Person, Place, Request, Said, To
from parley.relay.compose.masking import Names, clean_said
from parley.relay.compose.relayed import relayed_mail
from parley.relay.mail import read
from parley.relay.mail.write import HEADERS, PART_HEADERS, File, write
from parley.threading.reply import split_mail

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SELLER, BUYER = "anna@werk.example", "jean@acheteur.example"
MASKS = (f"seller-{'a' * 16}@reply.market.example", f"buyer-{'b' * 16}@reply.market.example")
NAMES = Names(((SELLER, MASKS[0]), (BUYER, MASKS[1])), ("werk.example", "acheteur.example"))
FIELD = re.compile(rb"([!-9;-~]+):(?: [^\r\n]*)?(?:\r\n[ \t]+[^\r\n]*)*")


def relayed(data: bytes) -> bytes:
    """What the buyer gets when a seller sends `data`."""
    mail = read(data)
    split = split_mail(mail)
    writer = Person("Anna Weber", SELLER, "en", "seller", "Werk")
    files = tuple(File(one.name, one.type, one.data, one.content_id, one.inline) for one in mail.attachments)
    said = Said(writer, split.text, split.html, NOON, mail.first("Subject"), files)
    clean, _ = clean_said(said, NAMES)
    place = Place("Market", "reply.market.example", "en", "", "#004488", "https://market.example")
    request = Request("DI-1", "Pumps", "Pump", "", "Werk", ("quote",))
    to = To(Person("Jean", BUYER, "en", "buyer", ""), "https://market.example/c/abc", MASKS[0])
    return write(relayed_mail(place, request, to, Ids("m.abc@reply.market.example"), clean))


def names_of(block: bytes) -> list[str]:
    """The names of a header block, read strictly: anything but fields and their folded lines is an error."""
    names: list[str] = []
    place = 0
    while place < len(block):
        match = FIELD.match(block, place)
        assert match, block[place : place + 80]
        assert block[match.end() : match.end() + 2] == b"\r\n"
        names.append(match[1].decode("ascii"))
        place = match.end() + 2
    return names


def judge(sent: bytes) -> None:
    head, blank, _ = sent.partition(b"\r\n\r\n")
    assert blank
    names = names_of(head + b"\r\n")
    assert set(names) <= set(HEADERS)
    assert len(names) == len(set(names))
    assert names[0] == "From"
    assert re.match(rb"From: (?:[^\r\n]|\r\n )*<" + MASKS[0].encode() + rb">\r\nTo:", sent)
    lines = sent.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line or b"\0" in line for line in lines)
    assert sent.isascii()
    for boundary in set(re.findall(rb'boundary="([^"]+)"', sent)):
        for piece in sent.split(b"\r\n--" + boundary + b"\r\n")[1:]:
            judge_part(piece)


def judge_part(piece: bytes) -> None:
    part, end, _ = piece.partition(b"\r\n\r\n")
    assert end
    assert set(names_of(part + b"\r\n")) <= {*PART_HEADERS, "MIME-Version"} | set(HEADERS)


HOSTILE = st.sampled_from(
    [
        b"Subject: a\r\nReply-To: x@evil.example\r\n",
        b"Subject: =?utf-8?Q?a=0D=0AReply-To=3A_x=40evil.example?=\r\n",
        b"Subject: =?utf-8?B?DQpCY2M6IGFsbEBldmlsLmV4YW1wbGU=?=\r\n",
        b"Subject: " + b"long" * 800 + b"\r\n",
        b"Content-Type: text/html\r\n",
        b'Content-Type: multipart/mixed; boundary="b"\r\n',
        b"Content-Type: text/plain; charset=utf-16\r\n",
        b'Content-Disposition: attachment; filename="a\r\n b.pdf"\r\n',
        b"Content-Disposition: attachment; filename*=utf-8''%0D%0ABcc%3A%20x\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-ID: <a\x00b@host.werk.example>\r\n",
        b"\r\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"\r\n.\r\n",
        b"<p>anna@werk.example</p>",
        b"\xe2\x80\xae\xff\xfe\x00",
        b"A" * 3000,
    ]
)


@given(st.lists(st.one_of(HOSTILE, st.binary(max_size=200)), max_size=20).map(b"".join))
@example(b"Subject: a\nX: b\r\n\r\n\r\nbody")
@example(b"")
def test_only_our_headers_go_out(data: bytes) -> None:
    judge(relayed(b"From: Anna <anna@werk.example>\r\n" + data))


@given(st.binary(max_size=2000))
def test_of_any_bytes_at_all(data: bytes) -> None:
    judge(relayed(data))


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=60), st.binary(max_size=300))
def test_of_any_words_at_all(words: str, name: str, kind: str, content: bytes) -> None:
    writer = Person(words[:50], SELLER, "en", "seller", words[50:90])
    said = Said(writer, words, words, NOON, words, (File(name, kind, content, name, inline=True),))
    place = Place("Market", "reply.market.example", "en", "", "#004488", "https://market.example")
    request = Request(words[:20], words, name, name, name, (words[:10],))
    to = To(Person(name, BUYER, kind, "buyer", name), "https://market.example/c/abc", MASKS[0])
    judge(write(relayed_mail(place, request, to, Ids("m.abc@reply.market.example", name, (words, kind)), said)))
