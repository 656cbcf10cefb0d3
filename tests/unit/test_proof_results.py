"""Authentication-Results as we write and read it (RFC 8601)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.inbound.proof.results import dkim_of, dmarc_of, read, read_results, spf_of, write
from parley.relay.inbound.proof.values import Arc, Dkim, Dmarc, Spf


def test_what_we_state() -> None:
    header = write(
        "mx.reply.example",
        Spf("none", "", "helo"),
        (Dkim("acme.example", "s1", "policy", "l="), Dkim("list.example", "", "pass")),
        Arc("fail"),
        Dmarc("fail", "reject", "acme.example"),
        "acme.example",
    )
    assert header == (
        "mx.reply.example; spf=none; dkim=policy header.d=acme.example header.s=s1; dkim=pass header.d=list.example; "
        "arc=fail; dmarc=fail policy.dmarc=reject header.from=acme.example"
    )


def test_what_we_state_can_be_read_again() -> None:
    spf, dkim = Spf("pass", "acme.example", "helo"), (Dkim("acme.example", "s1", "pass"),)
    name, told = read(write("mx.reply.example", spf, dkim, Arc(), Dmarc("pass"), "acme.example"))
    assert name == "mx.reply.example"
    assert spf_of(told) == Spf("pass", "acme.example", "helo", "told by somebody we trust")
    assert [(one.domain, one.selector, one.result) for one in dkim_of(told)] == [("acme.example", "s1", "pass")]
    assert dmarc_of(told, "acme.example") == "pass"
    assert dmarc_of(told, "other.example") == ""


@pytest.mark.parametrize(
    "value",
    [
        "",
        ";",
        "gate.example",
        "gate.example; none",
        "gate.example; spf=pass",
        "gate.example; spf=great smtp.mailfrom=acme.example",
        'gate.example; spf=pass smtp.mailfrom="a;b@acme.example@"',
        "gate.example; spf=pass (smtp.mailfrom=acme.example)",
        'gate.example; reason="spf=pass smtp.mailfrom=acme.example"',
        'gate.example; "spf=pass smtp.mailfrom=acme.example',
        "gate.example; (spf=pass smtp.mailfrom=acme.example",
        "gate.example; spf=pass smtp.mailfrom=acme..example",
        "gate.example; spf=pass smtp.mailfrom=" + "a" * 9000,
    ],
)
def test_what_says_nothing(value: str) -> None:
    assert spf_of(read(value)[1]) is None


def test_blanks_comments_and_case() -> None:
    name, told = read(" Gate.Example (our own) 1 ; DKIM = Pass (2048 bit) header.D = ACME.example\t; x=y")
    assert name == "gate.example"
    assert [(one.domain, one.result) for one in dkim_of(told)] == [("acme.example", "pass")]


@given(st.text(max_size=200))
def test_reading_never_raises(text: str) -> None:
    read(text)
    read_results(text)


@given(st.text(max_size=50), st.text(max_size=50))
def test_what_we_write_is_one_line_of_our_own(domain: str, author: str) -> None:
    header = write("mx.example", Spf("fail", domain), (), Arc(), Dmarc("fail"), author)
    assert all(" " <= char <= "~" for char in header)
    assert [one.method for one in read(header)[1]] == ["spf", "dkim", "dmarc"]
    assert [one.result for one in read(header)[1]] == ["fail", "none", "fail"]
