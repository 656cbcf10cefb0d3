"""The docs say what is there: every setting, log word, answer, route and command is in them."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from parley.relay.errors import REPLIES
from parley.relay.journal import Journal
from parley.relay.settings import Marketplace, Settings, parse
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RELAY_TOML = (ROOT / "relay.toml").read_text(encoding="utf-8")


def sections() -> dict[str, type[BaseModel]]:
    found = {
        name: type(getattr(Settings(), name)) for name in Settings.model_fields if name not in ("marketplace", "root")
    }
    return {**found, "marketplace": Marketplace}


def test_relay_toml_is_runnable_as_it_stands() -> None:
    settings = parse(RELAY_TOML, "relay.toml", ROOT, {})
    assert settings.marketplace


@pytest.mark.parametrize("section", sections())
def test_every_setting_is_in_relay_toml_with_its_default_and_in_the_docs(section: str) -> None:
    model = sections()[section]
    table = tomllib.loads(RELAY_TOML)[section]
    table = table[0] if isinstance(table, list) else table
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    part = re.split(r"^## ", page, flags=re.MULTILINE)
    (text,) = [one for one in part if re.match(rf"\[+{section}\]", one)]
    assert set(table) == set(model.model_fields)
    for key, field in model.model_fields.items():
        assert f"| `{key}` |" in text, key
        if not field.is_required() and section != "marketplace":
            given = model.model_validate({key: table[key]})
            assert getattr(given, key) == field.default, key


def test_every_log_word_is_documented() -> None:
    text = (DOCS / "log.md").read_text(encoding="utf-8")
    words = [name for name in vars(Journal) if not name.startswith("_")]
    assert len(words) > 20
    for word in words:
        assert f"| `{word}` |" in text, word


def test_every_answer_is_documented_and_each_reason_means_one_thing() -> None:
    text = (DOCS / "smtp-replies.md").read_text(encoding="utf-8")
    refusals = [reply for reply in REPLIES if reply.reason]
    for reply in refusals:
        assert f"| `{reply.code} {reply.enhanced}` | {reply.reason} | {reply.text} |" in text, reply
    assert len({reply.reason for reply in refusals}) == len(refusals)
    for reply in refusals:
        assert str(reply.code)[0] == reply.enhanced[0], reply


def test_only_the_journal_formats_log_lines() -> None:
    for path in (ROOT / "relay").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert "logging" not in names, path


def test_every_link_in_the_docs_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_files_that_the_docs_name_are_there() -> None:
    for page in [ROOT / "README.md", *DOCS.glob("*.md")]:
        for name in re.findall(
            r"`((?:relay|threading|store|templates|tests|bench|docs|scripts)/[\w./-]+)",
            page.read_text(encoding="utf-8"),
        ):
            assert (ROOT / name.rstrip(".:")).exists(), f"{page.name}: {name}"
