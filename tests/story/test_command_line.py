"""The command line as ops use it: real processes, a real store, with and without a running gateway."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from parley.tests.gateway import BUYER, ORDER, SELLER, body, mail, settings_text, to
from parley.tests.peer import PeerThread, peer_thread
from parley.tests.times import LIMIT


@pytest.fixture(scope="module")
def peer() -> Generator[PeerThread]:
    with peer_thread() as one:
        yield one


@pytest.fixture
def config(tmp_path: Path, peer: PeerThread) -> Path:
    path = tmp_path / "relay.toml"
    path.write_text(settings_text(peer.port))
    return path


def parley(config: Path, *words: str, stdin: str = "", status: int = 0) -> str:
    """Run one command and return what it printed on stdout."""
    command = [sys.executable, "-m", "parley", "--config", str(config), *words]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if status == 0 else done.stdout + done.stderr


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@contextmanager
def serving(config: Path) -> Generator[str]:
    """A running `parley serve`; gives the address of its SMTP door."""
    command = [sys.executable, "-m", "parley", "serve", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline()]
        while lines[-1] and lines[-1].strip() != "ready":
            lines.append(process.stdout.readline())
        assert lines[-1].strip() == "ready", process.stderr.read() if process.stderr else ""
        try:
            yield next(line.split()[-1] for line in lines if line.startswith("smtp"))
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(LIMIT) == 0


def send(address: str, sender: str, rcpt: str, data: bytes) -> None:
    import smtplib

    host, _, port = address.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=LIMIT) as client:
        client.sendmail(sender, [rcpt], data)


def test_an_inquiry_from_opening_to_trace(config: Path, peer: PeerThread) -> None:
    seen = len(peer.mails)
    with serving(config) as smtp:
        (made,) = objects(parley(config, "inquiry", "create", "--file", "-", stdin=json.dumps(ORDER)))
        masks = made["masks"]
        assert isinstance(masks, dict)
        peer.wait(seen + 2)
        send(smtp, SELLER, masks["buyer"], mail(SELLER, masks["buyer"], "Yes.", message_id="t1@werk.example"))
        assert "Yes." in body(to(peer.wait(seen + 3)[seen:], BUYER)[-1])
        send(smtp, "x@else.example", masks["buyer"], mail("x@else.example", masks["buyer"], "Let me in."))
        (held,) = objects(parley(config, "held", "list", "--json"))
        assert "Let me in." in parley(config, "held", "show", str(held["id"]))
        parley(config, "held", "release", str(held["id"]))
        peer.wait(seen + 5)
        assert "there is no held mail" in parley(config, "held", "release", str(held["id"]), status=1)
        (shown,) = objects(parley(config, "inquiry", "show", str(made["id"]), "--json"))
        assert len(shown["messages"]) == 3
        assert {"id", "reference", "state", "masks", "participants", "messages", "events"} <= set(shown)
        assert str(ORDER["reference"]) in parley(config, "inquiry", "list")
        assert "relayed" in parley(config, "trace", "t1@werk.example")
        steps = objects(parley(config, "trace", str(made["id"]), "--json"))
        assert {"inquiry.created", "message.relayed"} <= {step["what"] for step in steps}
    # without a gateway: the same commands on the store itself
    (listed,) = objects(parley(config, "inquiry", "list", "--json"))
    assert listed["id"] == made["id"]
    assert objects(parley(config, "queue", "list", "--json")) == []
    accepted = objects(parley(config, "log", "--event", "accepted", "--json"))
    assert len(accepted) == 1
    events = [line["event"] for line in objects(parley(config, "log", "--id", str(accepted[0]["id"]), "--json"))]
    assert events[0] == "received"
    assert events[-1] == "sent"
    parley(config, "inquiry", "close", "MK-1001")
    assert "closed" in parley(config, "inquiry", "list", "--state", "closed")


def test_orders_without_a_gateway_go_out_when_it_starts(config: Path, peer: PeerThread) -> None:
    seen = len(peer.mails)
    many = "\n".join(json.dumps({**ORDER, "reference": f"N-{number}"}) for number in range(5))
    made = objects(parley(config, "inquiry", "create", "--file", "-", stdin=many))
    assert [one["reference"] for one in made] == [f"N-{number}" for number in range(5)]
    waiting = objects(parley(config, "queue", "list", "--json"))
    assert len(waiting) == 10
    parley(config, "queue", "drop", str(waiting[0]["id"]))
    with serving(config):
        peer.wait(seen + 9)


def test_bulk_import_answers_each_in_its_place_and_sends_nothing_when_quiet(config: Path) -> None:
    orders = [{**ORDER, "reference": f"Q-{number}"} for number in range(1000)]
    orders[500] = {**ORDER, "buyer": {"email": "nobody"}}
    text = parley(config, "inquiry", "create", "--file", "-", "--quiet-mail", stdin=json.dumps(orders), status=1)
    answers = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert len(answers) == 1000
    assert answers[999]["reference"] == "Q-999"
    assert "buyer.email" in answers[500]["error"]
    assert parley(config, "queue", "list", "--json") == ""


def test_a_link_is_revoked_with_and_without_a_gateway(config: Path) -> None:
    (made,) = objects(parley(config, "inquiry", "create", "--file", "-", "--quiet-mail", stdin=json.dumps(ORDER)))
    (first,) = objects(parley(config, "link", "revoke", "MK-1001", SELLER, "--json"))
    with serving(config):
        told = parley(config, "link", "revoke", str(made["id"]), SELLER)
        assert "revoked; the new link of anna@werk.example is http://" in told
    links = {str(made["links"][SELLER]), str(first["link"]), told.split()[-1]}
    assert len(links) == 3
    assert "nobody with the address x@y.example" in parley(config, "link", "revoke", "MK-1001", "x@y.example", status=1)
    assert "there is no inquiry MK-2" in parley(config, "link", "revoke", "MK-2", SELLER, status=1)


def test_simulate_shows_everything_and_changes_nothing(config: Path, tmp_path: Path) -> None:
    (made,) = objects(parley(config, "inquiry", "create", "--file", "-", "--quiet-mail", stdin=json.dumps(ORDER)))
    masks = made["masks"]
    assert isinstance(masks, dict)
    path = tmp_path / "mail.eml"
    path.write_bytes(mail(SELLER, masks["buyer"], "Yes.\n\nOn Monday Jean wrote:\n> How much?"))
    (done,) = objects(parley(config, "simulate", str(path), "--mail-from", SELLER, "--rcpt", masks["buyer"], "--json"))
    assert done["decision"] == "known"
    assert str(done["text"]).strip() == "Yes."
    outgoing = done["outgoing"]
    assert isinstance(outgoing, list)
    assert [one["to"] for one in outgoing] == [BUYER]
    assert SELLER not in outgoing[0]["mail"]
    assert "--- relayed to" in parley(config, "simulate", str(path), "--rcpt", masks["buyer"])
    (shown,) = objects(parley(config, "inquiry", "show", str(made["id"]), "--json"))
    assert len(shown["messages"]) == 1
    (refused,) = objects(
        parley(config, "simulate", str(path), "--rcpt", f"buyer-{'a' * 16}@reply.market.example", "--json")
    )
    assert "550 5.1.1" in str(refused["reply"])


def test_a_wrong_file_names_key_and_line(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text('[smtp]\nlisten = "nowhere"\n')
    for command, status in (("check", 1), ("serve", 2), ("migrate", 2)):
        assert f"{path}:2: smtp.listen" in parley(path, command, status=status)
    assert "cannot be read" in parley(tmp_path / "none.toml", "serve", status=2)


def test_check_names_what_is_wrong_with_its_mend(config: Path, peer: PeerThread) -> None:
    parley(config, "check")
    config.write_text(
        settings_text(peer.port).replace("[[marketplace]]", "[[marketplace]]").partition("[[marketplace]]")[0]
    )
    found = objects(parley(config, "check", "--json", status=1).strip())
    assert any("no [[marketplace]]" in str(one["what"]) and one["mend"] for one in found)


def test_migrate_makes_a_store_and_says_its_schema(config: Path, tmp_path: Path) -> None:
    (done,) = objects(parley(config, "migrate", "--json"))
    assert done["before"] == ""
    assert (tmp_path / "var" / "parley.db").exists()
    assert objects(parley(config, "migrate", "--json"))[0]["before"] == done["now"]


def test_two_gateways_cannot_share_a_store(config: Path) -> None:
    with serving(config):
        assert "another process" in parley(config, "serve", status=75)
        parley(config, "migrate", status=75)


def test_what_is_not_there_is_said_plainly(config: Path) -> None:
    assert "there is no store" in parley(config, "held", "list", status=1)
    parley(config, "migrate")
    for words in (("inquiry", "show", "x"), ("held", "show", "x"), ("held", "release", "x"), ("queue", "retry", "x")):
        parley(config, *words, status=1)
    parley(config, "trace", "nobody@else.example", status=1)
    parley(config, "serve", "--role", "cook", status=2)


def test_help_is_quick() -> None:
    """Its time is what it imports: the reader of commands, and nothing that mail or pages need."""
    at_the_end = "atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    code = f"import atexit, runpy, sys; {at_the_end}; runpy.run_module('parley')"
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], check=True, capture_output=True, text=True, timeout=LIMIT
    )
    imported = {name.partition(".")[0] for name in done.stderr.split()}
    assert "typer" in imported
    assert not imported & {"sqlalchemy", "sqlmodel", "fastapi", "pydantic", "aiosmtpd", "cryptography", "jinja2", "dns"}


def test_the_environment_overrides(config: Path) -> None:
    os.environ["PARLEY_LOG__FORMAT"] = "xml"
    try:
        assert "PARLEY_LOG__FORMAT" in parley(config, "check", status=1)
    finally:
        del os.environ["PARLEY_LOG__FORMAT"]
