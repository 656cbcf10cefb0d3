"""The parts of a mail: names, colours, lines, words and pictures, numbers and dates."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from parley.relay.compose.i18n import words_for
from parley.relay.compose.inlining import inlined
from parley.relay.compose.names import Naming, short
from parley.relay.compose.palette import NIGHT, WHITE, contrast, palette
from parley.relay.compose.plain import wrap
from parley.relay.compose.render import render_text
from parley.relay.compose.spoken import spoken
from parley.relay.mail.write import File
from parley.tests.compose_cast import PLACE, REQUEST, answered, buyer, seller

EN, FR = words_for("en"), words_for("fr")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Jean Dupont", "Jean D."),
        ("Dupont, Jean", "Jean D."),
        ("Jean-Pierre de la Tour", "Jean-Pierre de la T."),
        ("Jean D.", "Jean D."),
        ("élodie élan", "élodie É."),
        ("Jean", "Jean"),
        ("王伟", "王伟"),
        ("Purchasing (24/7)", "Purchasing (24/7)"),
        ("Wei L", "Wei L"),
        ("", ""),
    ],
)
def test_names_are_shortened(name: str, shown: str) -> None:
    assert short(name) == shown
    assert short(name, "full") == name


def test_people_are_called_by_name_and_company() -> None:
    naming = Naming(EN, PLACE, REQUEST)
    assert naming.called(buyer()) == "Jean D. (Laiterie du Vercors)"
    assert naming.called(seller()) == "Sarah M. (ACME Robotics)"
    assert naming.called(replace(seller(), name="")) == "ACME Robotics"
    assert naming.called(replace(seller(), name="ACME ROBOTICS", company="Acme R.")) == "ACME R."
    assert naming.called(replace(buyer(), name="x@y.example", company="")) == "A buyer"
    assert Naming(EN, replace(PLACE, names="full"), REQUEST).called(seller()) == "Sarah Miller (ACME Robotics)"
    assert naming.all_called((buyer(), buyer())) == "Jean D. (Laiterie du Vercors)"


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_any_colour_can_be_read(rgb: tuple[int, int, int]) -> None:
    colour = "#{:02x}{:02x}{:02x}".format(*rgb)
    shades = palette(colour)
    assert shades.brand == colour
    assert contrast(shades.ink, WHITE) >= 4.5
    assert contrast(shades.night_ink, NIGHT) >= 4.5
    assert contrast(shades.on_brand, colour) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert palette("#1f5fbf").ink == "#1f5fbf"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)  # pyright: ignore[reportUnknownMemberType]


def test_lines_are_wrapped_at_72_columns() -> None:
    text = wrap("word " * 40 + "\n\n" + "https://example/" + "x" * 90 + " end")
    lines = text.split("\n")
    assert max(len(line) for line in lines if "https" not in line) <= 72
    assert "" in lines
    assert "https://example/" + "x" * 90 in lines
    assert wrap("one\u00a0: two", 5) == "one\u00a0:\ntwo"


def test_wide_characters_take_two_columns_and_may_be_parted() -> None:
    assert wrap("請" * 10 + "。", 10).split("\n") == ["請" * 5, "請" * 4, "請。"]


@given(st.text(alphabet="ab 請。\u00a0\n", max_size=200))
def test_wrapping_loses_no_character(text: str) -> None:
    assert "".join(wrap(text, 12).replace("\n", "").split(" ")) == "".join(text.replace("\n", "").split(" "))


def test_times_sizes_lists_and_lengths_are_in_the_reader_s_words() -> None:
    at = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert EN.moment(at) == "28 February 2026, 22:30 UTC"
    assert FR.moment(at.astimezone(UTC)) == "28 février 2026, 22:30 UTC"
    assert (EN.size(1_234_567), FR.size(1_234_567)) == ("1.2 MB", "1,2\u00a0Mo")
    assert (EN.size(0), EN.size(999_999)) == ("0.1 kB", "1,000 kB")
    assert (EN.listed(["a", "b", "c"]), FR.listed(["a", "b"])) == ("a, b and c", "a et b")
    assert (EN.length(timedelta(days=5)), FR.length(timedelta(hours=36))) == ("5 days", "2\u00a0jours")


def test_words_that_the_html_lost_are_taken_from_the_text() -> None:
    text = "First half of what I say.\n\nSecond half of what I say."
    assert "Second" in spoken(answered(text, "<p>First half of what I say.</p>"), EN, "d.example").html
    whole = "<p>First half of what <b>I</b> say.</p><p>Second half of what I say.</p>"
    assert spoken(answered(text, whole), EN, "d.example").html == whole


def test_links_and_pictures_that_only_the_text_names_count_for_nothing() -> None:
    text = "See our list <https://acme.example/stock?id=77&lang=en&from=mail> [image: a big plan of the cell.png]"
    html = '<p>See our <a href="https://acme.example/stock" rel="noopener noreferrer nofollow">list</a></p>'
    assert spoken(answered(text, html), EN, "d.example").html == html


def test_a_message_without_words_says_so() -> None:
    file = File("plan.png", "image/png", b"png", "a@b", inline=True)
    assert spoken(answered(" \n", "", file), EN, "d.example").text == "(No words, only what is attached.)"
    assert spoken(answered("", ""), FR, "d.example").text.startswith("(Pas de nouveau texte.")
    picture = spoken(answered("", '<img src="cid:a@b">', file), EN, "d.example")
    assert picture.text == ""
    assert "<img" in picture.html


def test_styles_go_into_tags_and_jinja_stays() -> None:
    css = ".a { color: var(--ink); } @media print { .a { color: red; } }"
    source = '{# no #}<div class="a">{% if x %}<b title="{{ y }}">{{ _("it\'s <1>") }}</b>{% endif %}</div>'
    done = inlined(source, css)
    assert 'style="color: {{ palette.ink }};"' in done
    assert '{% if x %}<b title="{{ y }}">{{ _("it\'s <1>") }}</b>{% endif %}' in done
    assert "{#" not in done
    rows = "<table><tbody>{% for x in y %}<tr><td>{{ x }}</td></tr>{% endfor %}</tbody></table>"
    assert inlined(rows, css) == rows


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render_text("operator", EN)
