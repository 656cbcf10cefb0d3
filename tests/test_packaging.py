"""The root of the repository is the package `parley`, and its folder `threading/` shadows nothing."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STDLIB_THREADING = "import threading; threading.Thread(target=int).start(); print(threading.__file__)"


def run(*command: str, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=120).stdout.strip()


def listed_packages() -> list[str]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]


def test_threading_has_no_init() -> None:
    assert not (ROOT / "threading" / "__init__.py").exists()


def test_stdlib_threading_wins_under_pytest() -> None:
    import threading

    assert threading.__file__
    assert ROOT not in Path(threading.__file__).resolve().parents


def test_stdlib_threading_wins_from_the_root() -> None:
    found = Path(run(sys.executable, "-c", STDLIB_THREADING, cwd=ROOT))
    assert ROOT / "threading" not in found.parents


def test_every_folder_with_code_is_a_listed_package() -> None:
    skipped = {"tests", "bench", "docs", "scripts", "build", "dist", "var"}
    folders = {
        path.parent.relative_to(ROOT)
        for path in ROOT.rglob("*.py")
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        and path.relative_to(ROOT).parts[0] not in skipped
    }
    expected = {".".join(("parley", *folder.parts)) for folder in folders}
    assert expected == set(listed_packages())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    tracked = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines()
    for name in tracked:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    pip = (
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
        str(source),
    )
    run(sys.executable, *pip, cwd=folder)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_code_and_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for package in listed_packages():
        folder = package.replace(".", "/")
        assert any(name.startswith(f"{folder}/") and name.endswith(".py") for name in names), package
    for data in ("templates/mail", "templates/page", "templates/static"):
        assert any(name.startswith(f"parley/{data}") for name in names), data
    for catalogue in (ROOT / "templates" / "strings").glob("*/parley.po"):
        assert f"parley/{catalogue.relative_to(ROOT).as_posix()}" in names
    assert not any("/tests/" in name for name in names)


def test_the_installed_wheel_runs_elsewhere(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(target),
        str(wheel),
        cwd=tmp_path,
    )
    code = f"{STDLIB_THREADING}; import parley.threading.subjects, parley.relay.app; print(parley.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(target), "PYTHONNOUSERSITE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=target,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    stdlib, ours = done.stdout.split()
    assert target not in Path(stdlib).parents
    assert Path(ours).resolve() == (target / "parley" / "__init__.py").resolve()


def test_no_lock_file_names_an_address() -> None:
    for path in ROOT.glob("requirements*.txt"):
        text = path.read_text()
        assert "://" not in text
        assert "--index" not in text
        assert all("==" in line for line in text.splitlines() if line and not line.startswith((" ", "#")))
