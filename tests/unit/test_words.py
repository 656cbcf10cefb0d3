"""Settings, journal, masks, orders, links: the words everything else is made of."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.arrival import Peer
from parley.relay.clock import iso, new_id
from parley.relay.duration import duration
from parley.relay.errors import NO_SUCH_ADDRESS, kept
from parley.relay.journal import Journal
from parley.relay.mail.masks import ALPHABET, TOKEN_LENGTH, MaskName, mask_address, new_token, read_local
from parley.relay.order import OrderError, read_order
from parley.relay.personal_links import LinkMaker, read_secret, token_hash
from parley.relay.settings import Settings, SettingsError, load, parse
from parley.tests.gateway import ORDER

NOW = datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=UTC)


def settings(text: str, **environment: str) -> Settings:
    return parse(text, "relay.toml", Path("/x"), environment)


def wrongs(text: str, **environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(text, **environment)
    return str(caught.value)


# -- settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[smtp]\nlisten = "nowhere"', "relay.toml:2: smtp.listen"),
        ("[smtp]\n# a comment\nmax_mesage_bytes = 1", "relay.toml:3: smtp.max_mesage_bytes there is no such setting"),
        ("[smpt]", "relay.toml:1: smpt there is no such setting"),
        ('[outbound]\nroute = "pigeon"', "relay.toml:2: outbound.route"),
        ('[outbound]\nretry = ["soon"]', 'relay.toml:2: outbound.retry.0 must be a time such as "30s"'),
        ("[outbound]\nretry = []", "relay.toml:2: outbound.retry needs at least one delay"),
        ('[store]\nurl = "mysql://x"', "relay.toml:2: store.url must be sqlite"),
        ('[store]\nurl = "postgresql://h/d"', "relay.toml:2: store.url must be sqlite"),
        ('[store]\nurl = "postgresql+psycopg://u@h:x/d"', "relay.toml:2: store.url is no URL of the form"),
        ('[store]\nurl = "postgresql+psycopg://u@h"', "relay.toml:2: store.url is no URL of the form"),
        ('[store]\nblobs = "s3://"', "relay.toml:2: store.blobs must be a folder or s3://bucket/prefix"),
        ('[store]\nblobs = "s3://b"\nendpoint = "h:9"', "relay.toml:3: store.endpoint must begin with http"),
        (
            '[store]\nendpoint = "http://h:9"',
            "endpoint, region, access_key, secret_key, secret_key_file are for blobs = s3",
        ),
        (
            '[store]\nblobs = "s3://b"\naccess_key = "k"',
            "access_key and secret_key (or secret_key_file) belong together",
        ),
        ('[store]\npassword_file = "p"', "password_file is for PostgreSQL"),
        ('[store]\nsweep_after = "1m"', "relay.toml:2: store.sweep_after"),
        ("[smtp]\nprocesses = 2", "smtp.processes must be 1: a SQLite store has exactly one writing process"),
        ('[[marketplace]]\nid = "a"\nname = "A"', "relay.toml:1: marketplace.0.reply_domain is missing"),
        (
            '[[marketplace]]\nid = "a"\nname = "A"\nreply_domain = "r.example"\n[[marketplace]]\nid = "B!"',
            "relay.toml:6: marketplace.1.id",
        ),
        ('[smtp]\ntls_key = "k"', "tls_certificate and tls_key belong together"),
        ("[smtp", "relay.toml:  is not TOML"),
        ('root = "/"', "relay.toml:1: root there is no such setting"),
    ],
)
def test_a_wrong_setting_names_key_and_line(text: str, said: str) -> None:
    assert said.replace(":  ", ": ") in wrongs(text)


def test_two_marketplaces_cannot_share_a_domain() -> None:
    block = '[[marketplace]]\nid = "{}"\nname = "A"\nreply_domain = "r.example"\n'
    assert "two [[marketplace]] have the same reply_domain" in wrongs(block.format("a") + block.format("b"))


def test_the_environment_overrides_and_is_checked_too() -> None:
    assert settings("", PARLEY_SMTP__LISTEN="0.0.0.0:25").smtp.listen == "0.0.0.0:25"
    assert settings("", PARLEY_SMTP__CONNECTIONS="7").smtp.connections == 7
    assert settings("[smtp]\nconnections = 3", PARLEY_SMTP__CONNECTIONS="7").smtp.connections == 7
    assert settings("", PARLEY_CONFIG="x", PATH="y").smtp.connections == 500
    assert "environment: PARLEY_SMTP__LISTN there is no such setting" in wrongs("", PARLEY_SMTP__LISTN="x")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml", {})


def test_paths_start_from_the_files_folder() -> None:
    assert settings("").database == Path("/x/var/parley.db")
    assert settings('[store]\nurl = "sqlite:////abs/p.db"').database == Path("/abs/p.db")


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("1.5h", 5400), ("5d", 432_000), (30, 30), ("200ms", 0.2)])
def test_durations(text: object, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "5", "-5m", "5 weeks", None, True, "999999d"])
def test_bad_durations(text: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        duration(text)


# -- the journal


def journal(format: str = "line") -> tuple[Journal, list[str]]:
    lines: list[str] = []
    return Journal(lines.append, format=format, clock=lambda: NOW), lines


def test_lines_have_a_fixed_order_and_leave_out_what_is_empty() -> None:
    log, lines = journal()
    log.received(id="m1", peer=Peer("192.0.2.7", 1), mail_from="", to="x@y.example", size=12, message_id="")
    assert lines == ["2026-11-23T09:00:00.123Z m1: received to=x@y.example from=<> size=12 ip=192.0.2.7"]


def test_json_lines_hold_the_same() -> None:
    log, lines = journal("json")
    log.rejected(id="m1", peer=Peer("192.0.2.7"), reply=NO_SUCH_ADDRESS, to="x@y.example")
    found = json.loads(lines[0])
    assert (found["event"], found["id"], found["reason"], found["reply"]) == ("rejected", "m1", "R101", "550 5.1.1")


def test_tokens_are_cut_and_terminals_are_safe() -> None:
    log, lines = journal()
    token = new_token()
    hostile = f"\x1b[31mbuyer-{token}@r.example\r\nfake: sent \u202e"
    log.decided(
        id="m1",
        inquiry="i",
        side="seller",
        sender=hostile,
        decision="held",
        by="x",
        kind="human",
        parent="p",
        new_text="n",
    )
    (line,) = lines
    assert token not in line
    assert token[:6] in line
    assert line.isprintable()


@given(st.text(), st.text())
def test_any_value_stays_one_printable_line(sender: str, why: str) -> None:
    log, lines = journal()
    log.held(id="m1", inquiry="i", message="x", sender=sender, why=why)
    (line,) = lines
    assert line.isprintable()


# -- masks, ids, replies


@pytest.mark.parametrize("word", ["buyer", "seller", "bounce"])
def test_masks_are_read_in_any_case_and_with_anything_after_a_plus(word: str) -> None:
    token = new_token()
    assert read_local(f"{word}-{token}") == MaskName(word, token)
    assert read_local(f"{word}-{token}".upper()) == MaskName(word, token)
    assert read_local(f"{word}-{token}+x+y") == MaskName(word, token, "x+y")


@pytest.mark.parametrize(
    "local",
    [
        "",
        "buyer",
        "buyer-",
        "buyer-abc",
        f"buyer-{'l' * 16}",
        f"buyer-{'a' * 17}",
        f"xbuyer-{'a' * 16}",
        f"buyer-{'a' * 16}\n",
    ],
)
def test_a_near_miss_is_no_mask(local: str) -> None:
    assert read_local(local) is None


def test_tokens_are_of_the_alphabet() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 28
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(len(token) == TOKEN_LENGTH and set(token) <= set(ALPHABET) for token in tokens)
    assert mask_address("buyer", "a" * 16, "r.example") == f"buyer-{'a' * 16}@r.example"


def test_ids_sort_by_time() -> None:
    ids = [new_id(NOW + timedelta(milliseconds=step)) for step in range(50)]
    assert ids == sorted(ids)
    assert {len(id) for id in ids} == {16}
    assert iso(NOW) == "2026-11-23T09:00:00.123Z"


def test_a_yes_has_no_reason() -> None:
    assert kept("m1").line == "250 2.0.0 Ok: kept as m1"


# -- orders and links


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"buyer": {"email": "no address"}}, "buyer.email: is not a mail address"),
        ({"sellers": []}, "sellers:"),
        ({"sellers": [{"email": "jean@acheteur.example"}]}, "is named twice"),
        ({"colour": "red"}, "colour:"),
        ({"message": ""}, "message:"),
        ({"wishes": ["world peace"]}, "wishes.0"),
        ({"product": {"url": "javascript:alert(1)"}}, "product.url"),
    ],
)
def test_a_wrong_order_names_the_place(change: dict[str, object], said: str) -> None:
    with pytest.raises(OrderError, match=said):
        read_order({**ORDER, **change})


@pytest.mark.parametrize("data", [None, [], "x", 3, {}])
def test_what_is_no_order_is_refused(data: object) -> None:
    with pytest.raises(OrderError):
        read_order(data)


def test_subjects_and_names_are_one_line() -> None:
    order = read_order(
        {**ORDER, "subject": "a\r\nBcc: x@y.example", "buyer": {"email": "j@x.example", "name": "J\x00\u202e D"}}
    )
    assert order.subject == "a Bcc: x@y.example"
    assert order.buyer.name == "J D"


def test_links_are_stable_and_different_for_each_person(tmp_path: Path) -> None:
    secret = read_secret(tmp_path / "secret")
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    links = LinkMaker(read_secret(tmp_path / "secret"))
    assert links.token("p1") == LinkMaker(secret).token("p1") != links.token("p2")
    assert len(links.token("p1")) == 22
    assert links.form_key("p1") != links.token("p1")
    assert token_hash("a") != token_hash("b")


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(ValueError, match="fewer than 32 bytes"):
        read_secret(tmp_path / "secret")
