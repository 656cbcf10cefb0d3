"""Which language a reader gets, and how dates, sizes, numbers and lists are written in each."""

from datetime import UTC, datetime, timedelta

import pytest
from parley.relay.compose.fonts import fonts, office_font
from parley.relay.compose.i18n import SOURCE, accepted, languages, words_for
from parley.relay.compose.plain import wrap
from parley.relay.zone import time_zone
from parley.tests.compose_cast import all_mails

NINE = ("de", "en", "es", "fr", "it", "ja", "pt", "ru", "zh")
AT = datetime(2026, 11, 25, 13, 5, tzinfo=UTC)


def test_nine_languages_are_spoken() -> None:
    assert languages() == NINE


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        (("fr", "en"), "fr"),
        (("fr-CA", "en"), "fr"),
        (("FR_be",), "fr"),
        (("zh-TW", "en"), "zh"),
        (("zh-Hant-HK",), "zh"),
        (("cmn-Hans-CN",), "zh"),
        (("pt-BR", "en"), "pt"),
        (("pt_PT.UTF-8",), "pt"),
        (("de_AT", "en"), "de"),
        (("de@euro",), "de"),
        (("deu",), "de"),
        (("jpn",), "ja"),
        (("xx", "fr"), "fr"),
        (("nl", "de-CH"), "de"),
        (("*", "it"), "it"),
        (("../fr", "de\x00", " ru "), "ru"),
        (("", ""), "en"),
        ((), "en"),
    ],
)
def test_the_first_language_that_is_spoken_here_is_taken(wanted: tuple[str, ...], got: str) -> None:
    assert words_for(*wanted).language == got


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", ("",)),
        ("de", ("de",)),
        ("de-AT,de;q=0.9,en;q=0.8", ("de-AT", "de", "en")),
        ("en;q=0.3, ja , fr;q=0.7", ("ja", "fr", "en")),
        ("en;q=0, ru;q=1.0", ("ru",)),
        ("en;q=many, ru;q=nan, es;q=7, it;level=1, pt;q=0.5", ("pt",)),
        (",;,;q=,", ("", "", "", "")),
        (f"it, {'x' * 5000}", ("it", "x" * 196)),
    ],
)
def test_what_a_browser_wants_in_its_order(header: str, tags: tuple[str, ...]) -> None:
    assert accepted(header) == tags


@pytest.mark.parametrize(
    ("language", "zone", "said"),
    [
        ("en", "UTC", "25 November 2026, 13:05 UTC"),
        ("en", "Europe/Paris", "25 November 2026, 14:05 CET"),
        ("en", "America/New_York", "25 November 2026, 08:05 UTC−5"),
        ("en", "Asia/Kolkata", "25 November 2026, 18:35 UTC+5:30"),
        ("de", "Europe/Berlin", "25. November 2026, 14:05 MEZ"),
        ("fr", "Europe/Paris", "25 novembre 2026, 14:05 UTC+1"),
        ("fr", "UTC", "25 novembre 2026, 13:05 UTC"),
        ("es", "Europe/Madrid", "25 de noviembre de 2026, 14:05 CET"),
        ("it", "Europe/Rome", "25 novembre 2026, 14:05 CET"),
        ("pt", "America/Sao_Paulo", "25 de novembro de 2026, 10:05 BRT"),
        ("ru", "Europe/Moscow", "25 ноября 2026\u202fг., 16:05 UTC+3"),
        ("ja", "Asia/Tokyo", "2026年11月25日 22:05 JST"),
        ("zh", "Asia/Shanghai", "2026年11月25日 21:05 UTC+8"),
        ("zh", "Pacific/Auckland", "2026年11月26日 02:05 UTC+13"),
    ],
)
def test_a_moment_in_the_readers_words_and_zone(language: str, zone: str, said: str) -> None:
    assert words_for(language, zone=zone).moment(AT) == said


def test_summer_has_its_own_name_and_hour() -> None:
    assert words_for("de", zone="Europe/Berlin").moment(AT.replace(month=7)) == "25. Juli 2026, 15:05 MESZ"
    assert words_for("en", zone="Europe/London").moment(AT.replace(month=7)) == "25 July 2026, 14:05 BST"


@pytest.mark.parametrize(
    "name", ["", "Europe", "Europe/Atlantis", "../etc/passwd", "/etc/localtime", "+01:00", "x\x00"]
)
def test_what_is_no_time_zone_is_told(name: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        time_zone(name)


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1, "1 mail address was hidden from the other side."),
        ("fr", 0, "0 adresse a été cachée à l’autre partie."),
        ("fr", 2, "2 adresses ont été cachées à l’autre partie."),
        ("de", 1200, "1.200 E-Mail-Adressen wurden vor der anderen Seite verborgen."),
        ("ru", 1, "1 адрес электронной почты скрыт от другой стороны."),
        ("ru", 3, "3 адреса электронной почты скрыты от другой стороны."),
        ("ru", 5, "5 адресов электронной почты скрыты от другой стороны."),
        ("ru", 11, "11 адресов электронной почты скрыты от другой стороны."),
        ("ru", 22, "22 адреса электронной почты скрыты от другой стороны."),
        ("ru", 101, "101 адрес электронной почты скрыт от другой стороны."),
        ("zh", 1, "已对对方隐藏 1 个邮箱地址。"),
        ("ja", 7, "7 件のメールアドレスを先方に見えないようにしました。"),
    ],
)
def test_counted_things_take_the_form_of_their_number(language: str, number: int, said: str) -> None:
    one, many = (
        "%(number)s mail address was hidden from the other side.",
        "%(number)s mail addresses were hidden from the other side.",
    )
    assert words_for(language).counted(number, one, many) == said


def test_sizes_lengths_and_lists_are_of_the_language() -> None:
    sizes = {language: words_for(language).size(1_234_567) for language in languages()}
    assert {language: size.replace("\N{NO-BREAK SPACE}", " ") for language, size in sizes.items()} == (
        dict.fromkeys(("en", "zh", "ja"), "1.2 MB")
        | dict.fromkeys(("de", "es", "it", "pt"), "1,2 MB")
        | {"fr": "1,2 Mo", "ru": "1,2 МБ"}
    )
    names = ("Anna", "Bob", "Chen")
    assert words_for("en").listed(names) == "Anna, Bob and Chen"
    assert words_for("zh").listed(names) == "Anna、Bob和Chen"
    assert words_for("ja").listed(names) == "Anna、Bob、Chen"
    assert words_for("ru").length(timedelta(days=5)) == "5 дней"
    assert words_for("ja").length(timedelta(days=5)) == "5 日"


def test_sentences_are_set_as_the_language_does() -> None:
    words = words_for("ja")
    assert words.together("One.", "", "Two.") == "One. Two."
    assert words.together("一。", "二。", "") == "一。二。"
    assert words.together() == ""


def test_han_characters_are_asked_for_in_the_fonts_of_their_language() -> None:
    families = {language: fonts(language) for language in languages()}
    assert "Hiragino" in families["ja"]
    assert "PingFang SC" in families["zh"]
    assert len(set(families.values())) == 3
    assert not [one for one in families.values() if '"' in one or not one.endswith("sans-serif")]
    assert [office_font(language) for language in ("ja", "zh", "ru")] == ["Meiryo", "Microsoft YaHei", "Arial"]
    for mail in all_mails("ja").values():
        assert not mail.html or f"font-family: {families['ja']}" in mail.html


def test_a_catalogue_is_read_once() -> None:
    assert words_for("ja", zone="Asia/Tokyo").catalogue is words_for("ja-JP").catalogue
    assert words_for("ja", zone="Asia/Tokyo") is words_for("ja", zone="Asia/Tokyo")
    assert words_for(SOURCE).gettext("Decline") == "Decline"


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_no_line_begins_or_ends_with_a_mark_that_may_not_stand_there(language: str) -> None:
    """JIS X 4051: none begins with a mark that closes or a small kana, none ends with one that opens."""
    for text in words_for(language).catalogue._catalog.values():  # type: ignore[attr-defined]  # pyright: ignore
        for columns in range(10, 40):
            for line in wrap(text, columns).split("\n"):
                assert line[:1] not in tuple("。、，！？：；）」』”ーっゃゅょァィェッャュョ々…"), text
                assert line[-1:] not in tuple("（「『“"), text
