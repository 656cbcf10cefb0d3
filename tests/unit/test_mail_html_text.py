"""Text becomes HTML, and HTML text."""

import time
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.mail.html import from_text, sanitise, to_text

REL = "noopener noreferrer nofollow"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        (" \n ", ""),
        ("a", "<p>a</p>"),
        ("a\nb\n\nc\r\n \n\n d\n", "<p>a<br>\nb</p>\n<p>c</p>\n<p>\xa0d</p>"),
        ("<b>&'\"", "<p>&lt;b&gt;&amp;&#x27;&quot;</p>"),
        ("a   b", "<p>a\xa0\xa0 b</p>"),
        ("\ta\tb", "<p>\xa0\xa0\xa0\xa0\xa0\xa0\xa0 a\xa0\xa0\xa0\xa0\xa0\xa0 b</p>"),
        (
            "see https://a.example/x?b=1&c=2.",
            f'<p>see <a href="https://a.example/x?b=1&amp;c=2" rel="{REL}">https://a.example/x?b=1&amp;c=2</a>.</p>',
        ),
        ("(http://a.example)", f'<p>(<a href="http://a.example" rel="{REL}">http://a.example</a>)</p>'),
        ("http://a.example/(b)", f'<p><a href="http://a.example/(b)" rel="{REL}">http://a.example/(b)</a></p>'),
        ("<http://a.example>", f'<p>&lt;<a href="http://a.example" rel="{REL}">http://a.example</a>&gt;</p>'),
        (
            'http://a.example"onclick=x',
            f'<p><a href="http://a.example" rel="{REL}">http://a.example</a>&quot;onclick=x</p>',
        ),
        (
            "javascript:x() ftp://a.example www.a.example a@b.example",
            "<p>javascript:x() ftp://a.example www.a.example a@b.example</p>",
        ),
        ("http:// https://.", "<p>http:// https://.</p>"),
        (
            "http://a.example/\u202egpj",
            f'<p><a href="http://a.example/" rel="{REL}">http://a.example/</a>\u202egpj</p>',
        ),
    ],
)
def test_from_text(text: str, html: str) -> None:
    assert from_text(text) == html


def test_from_text_is_linear() -> None:
    for text in ("http://" * 100_000, "a\n\n" * 200_000, "(" * 500_000, " \n" * 300_000, "http://a" + ")" * 500_000):
        started = time.process_time()
        from_text(text)
        assert time.process_time() - started < 5


@given(st.text("ab <>&\"'\n.:/h", max_size=60))
def test_text_goes_round(text: str) -> None:
    wanted = [line.split() for line in text.split("\n") if line.split()]
    assert [line.split() for line in to_text(from_text(text)).split("\n") if line.split()] == wanted


def test_to_text_is_bounded() -> None:
    assert to_text("<p>a<br>b</p>") == "a\nb"
    assert len(to_text("<div>" * 100_000 + "x")) < 100


@given(st.text(st.characters()))
def test_what_is_made_from_text_is_safe(text: str) -> None:
    html = from_text(text)
    assert unescape(sanitise(html)) == unescape(html)
