"""A quick look before a slow one never says no where the slow one says yes."""

from hypothesis import given
from hypothesis import strategies as st
from parley.threading import lines, message_ids, parent
from parley.threading.attribution import header_block, line
from parley.threading.subjects import base_subject

SIGNS = st.text(st.sampled_from(' \t\u00a0\u2003-_=*|>»:：︰։a"<.—'), max_size=12)
DASHED = st.builds("{}{}{}{}{}".format, SIGNS, st.sampled_from(("--", "__", "==")), SIGNS, st.just("words"), SIGNS)
SUBJECT = st.lists(
    st.sampled_from(
        ("Re:", "AW: ", "[list] ", "Fwd [x]:", " (fwd)", "[fwd: ", "]", "Preis", "ẞ", "SS", "İ", "  ", "\t")
    ),
    max_size=8,
).map("".join)


@given(st.one_of(SUBJECT, st.text()))
def test_a_base_subject_stands_in_its_subject(subject: str) -> None:
    assert parent._may_be_based(subject, base_subject(subject).casefold())


@given(st.one_of(SIGNS, st.text()))
def test_the_end_of_an_attribution(text: str) -> None:
    bare = lines.plain(text)
    assert line._is_end(bare) == bool(line._COLON.search(bare[-20:]) or line._DASHED.search(bare[-20:]))


@given(st.one_of(DASHED, st.builds("{}Begin forwarded message{}".format, SIGNS, SIGNS)))
def test_the_last_sign_of_a_separator(raw: str) -> None:
    bare = raw.strip(" \t*_>|")
    colon = bare.endswith((":", "：")) and header_block._COLON_LINE.fullmatch(bare)
    if header_block._DASHES.fullmatch(raw) or colon:
        assert raw.rstrip()[-1:] in header_block._SEPARATOR_ENDS


@given(st.one_of(SIGNS, st.text()))
def test_the_first_sign_of_a_quote(text: str) -> None:
    if lines._PREFIX.match(text):
        assert text.lstrip()[:1] in lines._MARKS


@given(st.text(st.sampled_from("mM.@_=%40 0123abcxyz"), max_size=40), st.sampled_from(("", "x", ".")))
def test_an_id_of_ours_has_its_form(around: str, between: str) -> None:
    for id in (around, f"{around}{between}m.{'0' * 16}@r.example{around}", f"M.{'A' * 16}=40R.EXAMPLE_{around}"):
        assert message_ids.has_token(id) or message_ids.ours(id, ("r.example",)) is None
