"""Doors call the flow; the flow calls the steps and the store; steps and store never call back.

Reads the imports of every file (AST), so that an arrow that runs back is found before it is lived with.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = ("relay", "threading", "store", "templates")

# Each layer may import itself and what stands below it. First match wins; names are module paths inside parley.
LAYERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "words",
        (
            "relay.mail",
            "relay.settings",
            "relay.sections",
            "relay.sections_outbound",
            "relay.settings_errors",
            "relay.duration",
            "relay.zone",
            "relay.errors",
        ),
    ),
    ("words", ("relay.journal", "relay.journal_sinks", "relay.clock", "relay.arrival", "relay.order")),
    ("words", ("relay.personal_links", "relay.nameservers", "relay.business_hours", "relay.crash")),
    ("words", ("relay.sections_store",)),
    ("steps", ("threading", "relay.identify", "relay.compose", "templates")),
    ("store", ("store",)),
    ("doors", ("relay.inbound", "relay.outbound", "relay.links", "relay.cli", "relay.demo")),
    ("doors", ("relay.app", "relay.control", "relay.commands", "relay.simulate", "relay.leakscan", "relay.check")),
    ("flow", ("relay",)),  # flow.py, actions/, and the rooms between them
)
MAY_IMPORT = {
    "words": {"words"},
    "steps": {"words", "steps"},
    "store": {"store", "words"},
    "flow": {"words", "steps", "store", "flow"},
    "doors": {"words", "steps", "store", "flow", "doors"},
}


def sources() -> list[Path]:
    files = [path for folder in CODE for path in (ROOT / folder).rglob("*.py") if "versions" not in path.parts]
    return sorted(files)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str:
    for layer, prefixes in LAYERS:
        if any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes):
            return layer
    raise AssertionError(f"{module} belongs to no layer")


def imported_by(path: Path, *, at_start: bool = False) -> set[str]:
    """The modules of ours that a file imports; `at_start` leaves out imports made inside functions or for types."""
    package = list(path.relative_to(ROOT).parent.parts)
    modules = {module_of(other) for other in sources()}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body if at_start else ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = package[: len(package) - node.level + 1]
        target = ".".join([*base, *(node.module or "").split(".")]).strip(".")
        for name in node.names:
            inner = f"{target}.{name.name}".strip(".")
            found.add(inner if inner in modules else target)
    return {module for module in found if module in modules}


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_no_arrow_runs_back(path: Path) -> None:
    layer = layer_of(module_of(path))
    wrong = sorted(module for module in imported_by(path) if layer_of(module) not in MAY_IMPORT[layer])
    assert not wrong, f"{module_of(path)} ({layer}) imports {wrong}"


def test_imports_inside_the_package_are_relative() -> None:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level and path.name != "env.py":
                assert (node.module or "").split(".")[0] != "parley", path


def test_there_is_no_cycle() -> None:
    graph = {module_of(path): imported_by(path, at_start=True) for path in sources()}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " → ".join((*trail[trail.index(module) :], module))
        if module not in done:
            for other in graph.get(module, ()):
                visit(other, (*trail, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300, f"{path.relative_to(ROOT)} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{path.relative_to(ROOT)}: {node.name} has {length} lines"
