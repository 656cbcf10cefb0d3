"""Large mails in a bucket: relayed, shown, exported from there; a bucket that is away means 451, and nothing lost."""

import hashlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import aiosmtplib
import boto3
import pytest
from moto.server import ThreadedMotoServer
from parley.relay.check import findings
from parley.relay.settings import parse
from parley.tests.gateway import SELLER, body, mail, opened, running
from parley.tests.peer import Peer
from parley.tests.spooling import left, written
from parley.tests.story.test_large import document, file_of, relayed
from parley.tests.story.test_large import with_file as with_large_file

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
    client = client_of(server)
    client.create_bucket(Bucket="mails")
    client.close()


def client_of(server: ThreadedMotoServer) -> Any:
    """Somebody else's client of the server, which is closed after use."""
    host, port = server.get_host_and_port()
    return boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


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


def in_bucket(s3: ThreadedMotoServer, folder: Path, name: str = "mails") -> str:
    """The settings of a store whose large mails are in a bucket; its secret key is in a file in `folder`."""
    host, port = s3.get_host_and_port()
    (folder / "key").write_text("secret\n")
    return f"""
[store]
blobs = "s3://{name}/parley"
endpoint = "http://{host}:{port}"
region = "us-east-1"
access_key = "key"
secret_key_file = "key"
"""


async def test_check_puts_something_into_the_bucket(tmp_path: Path, s3: ThreadedMotoServer) -> None:
    async def about_large_mails(bucket: str) -> list[str]:
        found = await findings(parse(in_bucket(s3, tmp_path, bucket), "test", tmp_path, {}))
        return [one.what for one in found if "large mails" in one.what]

    client = client_of(s3)
    before = client.list_objects_v2(Bucket="mails")["KeyCount"]  # other tests of this process may have left some
    assert await about_large_mails("mails") == []
    assert client.list_objects_v2(Bucket="mails")["KeyCount"] == before  # and takes it away again
    client.close()
    assert await about_large_mails("another") == ["large mails cannot be kept: s3://another/parley is not there"]
    s3.stop()
    (away,) = await about_large_mails("mails")
    assert away.startswith("large mails cannot be kept: the bucket cannot be used")


async def test_a_large_mail_goes_through_the_bucket(tmp_path: Path, peer: Peer, s3: ThreadedMotoServer) -> None:
    async with running(tmp_path, peer, extra=in_bucket(s3, tmp_path)) as world:
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


async def test_what_was_written_to_a_file_while_it_came_in_goes_out_of_the_bucket(
    tmp_path: Path, peer: Peer, s3: ThreadedMotoServer
) -> None:
    async with running(tmp_path, peer, extra=in_bucket(s3, tmp_path)) as world:
        mask = (await world.open()).masks["buyer"]
        file = document(600_000)
        sent = with_large_file(mask, file, "1@werk.example")
        await world.send(SELLER, mask, sent)
        assert file_of(await relayed(peer)) == file
        await world.quiet()
        await written()
        assert left(tmp_path) == []
        assert kept(s3)[hashlib.sha256(sent).hexdigest()] == sent


def kept(s3: ThreadedMotoServer) -> dict[str, bytes]:
    """What the bucket holds, by the last part of its name."""
    client = client_of(s3)
    names = [one["Key"] for one in client.list_objects_v2(Bucket="mails")["Contents"]]
    found = {name.rpartition("/")[2]: client.get_object(Bucket="mails", Key=name)["Body"].read() for name in names}
    client.close()
    return found
