"""Large mails in a bucket: relayed, shown, exported from there; a bucket that is away means 451, and nothing lost."""

from collections.abc import Generator
from pathlib import Path

import aiosmtplib
import boto3
import pytest
from moto.server import ThreadedMotoServer
from parley.tests.gateway import SELLER, body, mail, opened, running
from parley.tests.peer import Peer

LARGE = "a long word " * 9000


@pytest.fixture
def s3() -> Generator[ThreadedMotoServer]:
    """A real S3 server on loopback with the bucket `mails`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    make_bucket(server)
    yield server
    server.stop()


def make_bucket(server: ThreadedMotoServer) -> None:
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket="mails")
    client.close()


def with_file(mask: str, id: str) -> bytes:
    """A mail with a large text and a file, so that composing needs the raw mail."""
    lines = [
        f"From: {SELLER}",
        f"To: {mask}",
        "Subject: Re: Price for 12 pumps",
        f"Message-ID: <{id}>",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        *(LARGE[start : start + 70] for start in range(0, len(LARGE), 70)),
        "--b",
        "Content-Type: text/csv",
        "Content-Disposition: attachment; filename=prices.csv",
        "",
        "pump,400",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def files(peer: Peer) -> list[str | None]:
    """The names of all files that arrived."""
    return [part.get_filename() for got in peer.mails for part in opened(got).walk() if part.get_filename()]


async def test_a_large_mail_goes_through_the_bucket(tmp_path: Path, peer: Peer, s3: ThreadedMotoServer) -> None:
    host, port = s3.get_host_and_port()
    (tmp_path / "key").write_text("secret\n")
    extra = f"""
[store]
blobs = "s3://mails/parley"
endpoint = "http://{host}:{port}"
region = "us-east-1"
access_key = "key"
secret_key_file = "key"
"""
    async with running(tmp_path, peer, extra=extra) as world:
        made = await world.open()
        mask = made.masks["buyer"]
        await world.send(SELLER, mask, with_file(mask, "1@werk.example"))
        await peer.until(lambda: files(peer) == ["prices.csv"])
        assert not (tmp_path / "var/blobs").exists()

        s3.stop()
        with pytest.raises(aiosmtplib.SMTPDataError) as refusal:
            await world.send(SELLER, mask, with_file(mask, "2@werk.example"))
        assert refusal.value.code == 451
        assert world.logged("fault")
        assert "secret" not in "".join(world.lines)
        await world.send(SELLER, mask, mail(SELLER, mask, "a small one", message_id="3@werk.example"))
        await peer.until(lambda: any("a small one" in body(got) for got in peer.mails))
        shown = await world.show(made.id)
        assert len(shown["messages"]) == 3
