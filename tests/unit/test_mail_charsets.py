"""Typographic signs that old programs on the Mac wrote into what they called ISO-8859-1."""

import pytest
from parley.relay.mail import read
from parley.relay.mail.charsets import decode


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("I don¹t think so", "I don’t think so"),
        ("l¹offre d¹hier", "l’offre d’hier"),
        ("he called it ³good enough².", "he called it “good enough”."),
        ("wellŠ perhaps", "well… perhaps"),
        ("one ‹ or two", "one — or two"),
    ],
)
def test_signs_of_the_mac(written: str, read_as: str) -> None:
    assert decode(written.encode("cp1252"), "ISO-8859-1") == (read_as, True)
    assert decode(written.encode("cp1252"), "windows-1252") == (written, True)  # there they are what they are


@pytest.mark.parametrize(
    "written",
    ["20 m² and 4 m³", "4 m³ (12 m²)", "see note¹ below", "Škoda and PEUGEOTŠ", "‹fromage›", "x ³ y", "kašna Šárka"],
)
def test_what_only_looks_like_them(written: str) -> None:
    assert decode(written.encode("cp1252"), "iso-8859-1")[0] == written


def test_in_a_mail() -> None:
    head = b"Content-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    assert read(head + b"It=B9s ready=8A").text == "It’s ready…"
