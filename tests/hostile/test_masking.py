"""Masking: no spelling of a known address is left, nothing else is touched; quick and quiet on anything."""

import base64
import re
from datetime import UTC, datetime
from html import escape, unescape
from time import process_time
from unicodedata import normalize
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parley.relay.compose.letters import Person, Said
from parley.relay.compose.masking import Names, clean_said, mask_html, mask_text
from parley.relay.mail.html import sanitise

SELLER, BUYER, ABROAD = "Jean.Vendeur@atelier-durand.example", "ann@webmail.example", "kai@müller-ltd.example"
SELLER_MASK, BUYER_MASK = "seller-abcdefghkmnprstu@reply.example", "buyer-bcdefghkmnprstuv@reply.example"
NAMES = Names(
    ((SELLER, SELLER_MASK), (BUYER, BUYER_MASK), (ABROAD, SELLER_MASK)), ("atelier-durand.example",), writer=SELLER
)
PLAIN = SELLER.lower()


def seen(text: str) -> str:
    """What a patient reader makes of a text: everything undone that hides letters."""
    text = re.sub(r"=?\s*\n[\s>]*", "", unquote(unescape(re.sub(r"<[^>]*>", "", text))))
    text = "".join(char for char in text if char not in "\u200b\u200c\u200d\u2060\ufeff\u00ad")
    return normalize("NFKC", text).lower()


@pytest.mark.parametrize(
    "written",
    [
        SELLER,
        SELLER.upper(),
        f"<{SELLER}>",
        f"mailto:{SELLER}?subject=x",
        "jean.vendeur@atelier-\ndurand.example",
        "> jean.vendeur@\n> > atelier-durand.example",
        "jean.vendeur@atelier-=\r\ndurand.example",
        "jean.ven\u200bdeur@atelier\u00ad-durand.exa\u2060mple",
        "jean.vendeur%40atelier-durand.example",
        "%6Aean%2Evendeur%40atelier-durand%2Eexample",
        "jean.vendeur&#64;atelier-durand&#x2e;example",
        "&#106;ean.vendeur&commat;atelier-durand&period;example",
        "\uff4aean.vendeur\uff20atelier-durand\uff0eexample",
        '"jean.vendeur"@atelier-durand.example',
        "jean.vendeur+offres@atelier-durand.example",
        "https://list.example/?to=jean.vendeur@atelier-durand.example&x=1",
        "'jean.vendeur@atelier-durand.example'",
        "*jean.vendeur@atelier-durand.example*",
        "_jean.vendeur@atelier-durand.example_",
        "jean.vendeur@atelier-durand.example.Merci",
        "[mailto:jean.vendeur@atelier-durand.example]",
        "x@atelier-durand.example",
        "Received: from smtp.atelier-durand.example (192.0.2.1)",
    ],
)
def test_no_spelling_is_left(written: str) -> None:
    for text in (written, f"a {written} b", f"a\n{written}\nb"):
        masked = mask_text(text, NAMES)
        assert "atelier-durand" not in seen(masked.text)
        assert masked.hidden == 1
        assert mask_text(masked.text, NAMES) == (masked.__class__(masked.text, 0))


@pytest.mark.parametrize(
    "domain", ["müller-ltd.example", "MÜLLER-LTD.example", "mu\u0308ller-ltd.example", "xn--mller-ltd-q9a.example"]
)
def test_domains_in_letters_of_their_own(domain: str) -> None:
    import idna

    if domain.startswith("xn--"):
        domain = idna.encode("müller-ltd.example").decode()
    assert mask_text(f"Kai <kai@{domain}>", NAMES).text == f"Kai <{SELLER_MASK}>"


@pytest.mark.parametrize(
    "text",
    [
        "joann@webmail.example",
        "jo.ann@webmail.example",
        "ann@webmail.examples",
        "support@webmail.example www.webmail.example",
        f"{BUYER_MASK} {SELLER_MASK}",
        "50% off @ 3.5 & more = 12%20 &amp; <b>",
        "a\r\n> b\n\n  c\u200b\u00ad",
    ],
)
def test_nothing_else_is_touched(text: str) -> None:
    assert mask_text(text, NAMES).text == text


@given(st.text(), st.text(), st.data())
@settings(max_examples=200, deadline=None)
def test_any_disguise_between_any_words(before: str, after: str, data: st.DataObject) -> None:
    forms = [
        lambda char: char,
        str.upper,
        lambda char: char + "\u200b",
        lambda char: char + "\u00ad",
        lambda char: f"&#{ord(char)};",
        lambda char: f"&#x{ord(char):x};",
        lambda char: f"%{ord(char):02X}",
        lambda char: char + "\n> ",
        lambda char: char + " \r\n",
    ]
    written = "".join(data.draw(st.sampled_from(forms))(char) for char in PLAIN)
    masked = mask_text(f"{before} {written} {after}", NAMES)
    assert PLAIN not in seen(masked.text)
    assert masked.hidden >= 1


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_what_holds_no_address_stays(text: str) -> None:
    if "@" not in seen(text) and "atelier" not in seen(text):
        assert mask_text(text, NAMES, "hosts") == mask_text(text, NAMES, "all")
        assert mask_text(text, NAMES).text == text


@pytest.mark.parametrize(
    "html",
    [
        "<p>{}</p>",
        "<b>{0:.4}</b><i></i>{0:.0}" + "ean.vendeur@<wbr>atelier-<span>durand</span>.example",
        "jean.ven<!-- x -->deur@atelier<script>1</script>-durand.exam<font color=red>ple</font>",
        "<td>jean.vendeur@</td><td>atelier-durand.example</td>",
        "<div>jean.vendeur@</div>\n<div>atelier-durand.example</div>",
        "jean.vendeur&#64;atelier&shy;-durand.ex&#8203;ample",
        '<a href="mailto:{}">x</a>',
        '<a href="MAILTO:%6aean.vendeur%40atelier-durand.example?cc=x">x</a>',
        "<a href='https://t.example/?u={}'>x</a>",
        '<img src="cid:a@b" alt="{0}" title="{0}">',
        '<abbr title="jean.vendeur&commat;atelier-durand.example">x</abbr>',
        "<title>{}</title><meta name=author content={}><!-- {} -->",
        "<blockquote>www.atelier-durand.example</blockquote>",
        '<p style="display:none">{}</p>',
        "<style>.x:after{{content:'{}'}}</style>",
        "<pre>jean.vendeur@\natelier-durand.example</pre>",
    ],
)
def test_no_place_in_html_is_left(html: str) -> None:
    html = html.replace("{0:.4}", "").replace("{0:.0}", "j")
    masked = mask_html(f"<p>vor</p>{html.format(SELLER, SELLER, SELLER)}<p>nach</p>", NAMES)
    for view in (masked.text, re.sub(r"<[^>]*>", "", masked.text)):
        assert "durand" not in seen(view)
    assert "<p>vor</p>" in masked.text
    assert "<p>nach</p>" in masked.text
    assert sanitise(masked.text) == masked.text


PIECES = [*"<>/&;=\"' \nab@.", "<b>", "</p>", "<blockquote>", "<a title='", f" {SELLER} ", "&#64;", "<td>"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
@settings(max_examples=300, deadline=None)
def test_html_stays_safe_and_its_words_stay(html: str) -> None:
    masked = mask_html(html, NAMES)
    assert sanitise(masked.text) == masked.text
    if SELLER not in html:
        assert masked.text == sanitise(html)
    assert PLAIN not in seen(masked.text)


def said(text: str, html: str = "", subject: str = "Preis") -> Said:
    writer = Person("Jean Vendeur", SELLER, "fr", "seller", "")
    return Said(writer, text, html, datetime(2026, 11, 2, tzinfo=UTC), subject)


def test_own_address_in_typed_words_stays_and_can_be_masked() -> None:
    text = f"Please write to {SELLER} or see www.atelier-durand.example.\nNot to {BUYER}."
    kept, hidden = clean_said(said(text, f"<p>Write to {SELLER}</p>", f"For {SELLER}"), NAMES)
    assert kept.text == text.replace(BUYER, BUYER_MASK)
    assert kept.html == f"<p>Write to {SELLER}</p>"
    assert kept.subject == f"For {SELLER}"
    assert (hidden.words, hidden.html) == (1, 0)
    strict = Names(NAMES.addresses, NAMES.hosts, typed="mask")
    masked, hidden = clean_said(said(text, f"<p>Write to {SELLER}</p>", f"For {SELLER}"), strict)
    assert SELLER not in masked.text + masked.html + masked.subject
    assert (hidden.words, hidden.html) == (3, 1)


@pytest.mark.parametrize(
    "text",
    [
        "On Monday Jean Vendeur <{}> wrote:",
        "Jean Vendeur (<{}>) escribió:",
        "Jean Vendeur <\n{}> 于2026年11月2日周一 10:00写道：",
        "From: Jean [mailto:{}]",
        "De: {}\nÀ : Ann\nObjet: x\n\nTexte",
        "> {} schrieb",
        "Am Montag schrieb {}:\n> ja",
        "Am Montag schrieb {}\num zehn:\n\n> ja",
        "jean.ven\u200bdeur@atelier-durand.example",
    ],
)
def test_what_a_program_wrote_is_masked(text: str) -> None:
    text = text.format(SELLER)
    masked, hidden = clean_said(said(f"Ja.\n\n{text}\n\nGut."), NAMES)
    assert PLAIN not in seen(masked.text)
    assert hidden.words == 1
    html = "".join(
        f"<blockquote>{escape(line[1:])}</blockquote>" if line.startswith(">") else f"<div>{escape(line)}</div>"
        for line in text.split("\n")
    )
    masked, hidden = clean_said(said("", f"<p>Ja.</p>{html}<p>Gut.</p>"), NAMES)
    assert PLAIN not in seen(masked.html)
    assert hidden.html == 1


@pytest.mark.parametrize("packed", [SELLER, PLAIN, f"u={PLAIN}&m=1", f"xx{PLAIN}", f"x{PLAIN}yyy"])
def test_links_that_know_the_writer(packed: str) -> None:
    link = f"https://t.example/?u={base64.b64encode(packed.encode()).decode().rstrip('=')}"
    assert mask_text(f"> {link} x", NAMES).text == "> https://t.example/?u=*** x"
    assert '?u=***" rel' in mask_html(f'<a href="{link}">x</a>', NAMES).text


def test_nothing_hidden_is_nothing_said() -> None:
    one = said("Hello", "<p>Hello</p>")
    cleaned, hidden = clean_said(one, NAMES)
    assert (cleaned, bool(hidden)) == (one, False)


MANY = 250_000


@pytest.mark.parametrize(
    "piece",
    [
        *("@", "a@", "a.@", "a.b.", "x", "\n", "\n> ", "%40", "&#64;", "漢", "x\u200b@", "--a@", "= @", "acme.", "+@"),
        *(SELLER, f"{SELLER} ", SELLER[:-1] + " ", "jean.vendeur", "atelier-durand.", '"@', "a-" * 50 + "@", "QUJA"),
        *("<b>x</b>@", "<blockquote>a@b.example", "a=", "From: x\n", "<" + SELLER),
    ],
)
def test_many_characters_in_seconds(piece: str) -> None:
    text = (piece * (MANY // len(piece) + 1))[:MANY]
    start = process_time()
    mask_text(text, NAMES, "all")
    clean_said(said(text, text), NAMES)
    assert process_time() - start < 4  # three readings of it, on a slow and busy machine


@given(st.text(), st.lists(st.text(), max_size=3))
@settings(max_examples=200, deadline=None)
def test_no_names_raise(text: str, real: list[str]) -> None:
    names = Names(tuple((one, SELLER_MASK) for one in real), tuple(real), writer=text)
    mask_text(f"{text} {quote(text)} {' '.join(real)}", names, "all")


@pytest.mark.parametrize(
    "text",
    [
        "请写信给{}谢谢",
        "{}までご連絡ください",
        "アドレスは{}です",
        "адрес{}рядом",
        "see {}\u00b9 and {}\u00b2",
        "\u201c{}\u201d",
        "({})",
        "{}\u3002",
    ],
)
def test_letters_of_other_alphabets_may_stand_right_beside_it(text: str) -> None:
    address, mask = "anna@werk.example", "seller-abcdefghkmnprstu@reply.market.example"
    names = Names(((address, mask),))
    assert address not in mask_text(text.replace("{}", address), names).text
    assert mask_text("joanna@werk.example", names).text == "joanna@werk.example"
    assert mask_text("anna@werk.examples", names).text == "anna@werk.examples"
