"""Plays every SMTP dialogue of tests/dialogs against the real door."""

from pathlib import Path

import pytest
from parley.tests.dialogs.door import open_door
from parley.tests.dialogs.script import play, read

FOLDER = Path(__file__).parents[1] / "dialogs"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.smtp")), ids=lambda path: path.stem)
async def test_dialog(path: Path):
    script = read(path)
    async with open_door(script.settings) as door:
        await play(script, door)


def test_every_dialog_is_in_the_readme():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    missing = [path.name for path in FOLDER.glob("*.smtp") if f"`{path.name}`" not in readme]
    assert not missing
