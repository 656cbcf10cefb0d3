"""The kept inputs, and mutations of them: quick here, for as long as wanted by `scripts/fuzz`."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.tests.fuzz.targets import TARGETS

INPUTS = sorted((Path(__file__).parent / "inputs").glob("*"))
CONTENTS = [path.read_bytes() for path in INPUTS]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_kept_inputs(path: Path, target: str) -> None:
    TARGETS[target](path.read_bytes())


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Pieces of kept inputs and of nothing, cut and joined anywhere."""
    pieces: list[bytes] = []
    for _ in range(draw(st.integers(1, 4))):
        one = draw(st.sampled_from(CONTENTS))
        first, last = sorted((draw(st.integers(0, len(one))), draw(st.integers(0, len(one)))))
        pieces += [one[first:last] * draw(st.integers(1, 3)), draw(st.binary(max_size=8))]
    return b"".join(pieces)


@pytest.mark.parametrize("target", TARGETS)
@given(data=mutated())
def test_mutations(target: str, data: bytes) -> None:
    TARGETS[target](data)
