"""Our own line "reply above this line": what we write is what is known, in every language and after every mishap."""

from collections.abc import Callable

import pytest
from parley.relay.compose.frame import marker
from parley.relay.compose.i18n import FOLDER, words_for
from parley.threading import reply
from parley.threading.markers import first_marker

LANGUAGES = ("en", "de", "fr", "es", "it", "zh", "ja", "ru", "pt")
LINK = "https://links.market.example/c/JhlH_dMMDPEXZH-viJxvNA"


def cut(body: str) -> str:
    done = reply.split(body, "plain")
    return done.text if done.decided_by == "marker" else ""


def test_all_nine_languages_have_a_line() -> None:
    assert tuple(reply.MARKERS) == LANGUAGES


@pytest.mark.parametrize("language", sorted({"en", *(folder.parent.name for folder in FOLDER.glob("*/*.po"))}))
def test_what_a_catalogue_writes_is_known(language: str) -> None:
    words = words_for(language, "en")
    assert words.language == language
    line = marker(words)
    assert first_marker([line]) == 0
    assert line.strip("— ") == reply.MARKERS[language].strip("#- "), "threading/attribution has other words"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "mishap",
    [
        lambda words: f"— {words} —",
        lambda words: f"> — {words} —",
        lambda words: f"<{words}>",
        lambda words: f"&mdash; {words} &mdash;",
        lambda words: f"\u200b—\u00a0{words}\u00a0—\u200b",
        lambda words: f"- {words.replace('é', 'e').replace('í', 'i').replace('ü', 'u').replace('’', chr(39))} -",
        lambda words: f"> — {words[:7]}\n> {words[7:]} —",
    ],
    ids=["as written", "quoted", "in brackets", "entities", "unseen characters", "no accents", "wrapped"],
)
def test_it_survives(language: str, mishap: Callable[[str], str]) -> None:
    line = mishap(reply.MARKERS[language].strip("#- "))
    assert cut(f"Yes.\n\n{line}\n{'> ' if line.startswith('>') else ''}old words\n") == "Yes."


@pytest.mark.parametrize(
    "line",
    [
        "— Skryf asseblief jou antwoord bokant hierdie reël —",
        "– Vul uw antwoord boven deze regel in –",
        "> — Proszę wpisać odpowiedź powyżej tej linii —",
        "*— 이 줄 위에 답장을 작성해 주세요 부탁드립니다 —*",
    ],
)
def test_translated_by_a_machine_it_is_known_by_its_dashes_and_our_link(line: str) -> None:
    quote = "> " if line.startswith(">") else ""
    assert cut(f"Yes.\n\n{line}\n{quote}old words\n{quote}{LINK}\n") == "Yes."


def test_in_html_the_link_may_be_behind_a_button() -> None:
    html = (
        "<p>Ja.</p><div><p>— Vul uw antwoord boven deze regel in —</p><p>oude woorden</p>"
        f'<a href="{LINK}">Gesprek openen</a></div>'
    )
    done = reply.split(html, "html")
    assert (done.text, done.decided_by, done.html) == ("Ja.", "marker", "<p>Ja.</p>")


@pytest.mark.parametrize(
    "body",
    [
        "Prices:\n\n— all of them without the freight —\n\nRegards\n",  # nothing of ours is quoted
        f"Dear Jean,\n— the pump — is here\n\n{LINK}\n",
        f"— 12 pumps —\n\n{LINK}\n",
    ],
)
def test_a_persons_dashes_are_no_marker(body: str) -> None:
    assert reply.split(body, "plain").decided_by == "none"


def test_a_line_that_we_know_comes_before_one_that_we_guess() -> None:
    body = f"Yes.\n\n— With our kindest regards, Tom —\n\nPS: by Friday.\n\n> {reply.MARKERS['de']}\n> old\n> {LINK}\n"
    assert reply.split(body, "plain").text == "Yes.\n\n— With our kindest regards, Tom —\n\nPS: by Friday."
