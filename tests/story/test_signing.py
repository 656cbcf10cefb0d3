"""Outgoing mail is signed by the keys of the settings; a stranger's verifier finds it good and aligned with From."""

import json
from pathlib import Path

import dkim
from parley.relay.compose.dkim import new_key
from parley.tests.gateway import DOMAIN, SELLER, header, mail, running
from parley.tests.peer import Peer
from parley.tests.story.test_command_line import parley


async def test_every_mail_is_signed_and_aligned(tmp_path: Path, peer: Peer) -> None:
    pem, record = new_key()
    (tmp_path / "key.pem").write_bytes(pem)
    extra = '[dkim]\nselector = "s2026"\nkey_file = "key.pem"\n'
    async with running(tmp_path, peer, extra=extra, copy=True) as world:
        made = await world.open()
        await peer.wait(2)
        await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Signed?"))
        mails = await peer.wait(4)
    for got in mails:
        assert dkim.verify(
            got.data, dnsfunc=lambda name, timeout=5: record.encode() if name.startswith(b"s2026.") else b""
        )
        assert f"d={DOMAIN};" in header(got, "DKIM-Signature")
        assert f"@{DOMAIN}>" in header(got, "From")


def test_parley_dkim_new_writes_a_key_and_prints_the_record(tmp_path: Path) -> None:
    key = tmp_path / "k.pem"
    words = ("dkim", "new", "--domain", DOMAIN, "--selector", "s1", "--out", str(key))
    done = json.loads(parley(tmp_path / "none.toml", *words, "--json"))
    assert done["name"] == f"s1._domainkey.{DOMAIN}"
    assert done["value"].startswith("v=DKIM1; k=rsa; p=")
    assert key.stat().st_mode & 0o777 == 0o600
    assert "cannot be written" in parley(tmp_path / "none.toml", *words, status=1)
    assert "selector" in parley(tmp_path / "none.toml", *words[:-4], "--selector", "No Name", status=2)
