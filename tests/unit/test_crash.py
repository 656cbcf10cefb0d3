"""The crash points: armed only where the settings allow it, each of them somewhere in the code."""

import ast
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from parley.relay import crash
from parley.relay.check import findings
from parley.relay.settings import parse

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_is_armed_without_the_environment() -> None:
    crash.arm({}, allowed=True)
    for point in crash.POINTS:
        crash.here(point)


@pytest.mark.parametrize(
    ("value", "allowed"), [("after-commit", False), ("after-lunch", True), ("after-commit:soon", True)]
)
def test_a_crash_that_is_not_allowed_or_has_no_place_is_refused(value: str, allowed: bool) -> None:
    with pytest.raises(crash.CannotArm):
        crash.arm({crash.VARIABLE: value}, allowed=allowed)
    crash.here("after-commit")


def test_it_dies_at_the_counted_time_and_nowhere_else() -> None:
    code = (
        "from parley.relay import crash; import atexit; atexit.register(print, 'handlers ran')\n"
        "crash.arm({crash.VARIABLE: 'after-dot:2'}, allowed=True)\n"
        "for point in ('received', 'after-dot', 'received', 'after-dot', 'received'): print(point, flush=True); "
        "crash.here(point)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == ["received", "after-dot", "received", "after-dot"]


def test_every_point_stands_once_in_the_code() -> None:
    found: list[str] = []
    for path in [*(ROOT / "relay").rglob("*.py"), *(ROOT / "store").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "crash.here":
                found.append(ast.literal_eval(node.args[0]))
    assert sorted(found) == sorted(crash.POINTS)


async def test_check_calls_crash_points_an_error(tmp_path: Path) -> None:
    text = '[[marketplace]]\nid = "m"\nname = "M"\nreply_domain = "r.example"\n'
    on = await findings(parse(text + "[test]\ncrash_points = true\n", "test", tmp_path, {}))
    assert any(one.level == "error" and "crash_points" in one.what for one in on)
    off = await findings(parse(text, "test", tmp_path, {}))
    assert not any("crash_points" in one.what for one in off)
