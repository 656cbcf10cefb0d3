"""tests/mails/NAME.in.eml, as a client wrote it, becomes NAME.out.eml, byte for byte (see the README there)."""

import os
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from parley.relay.compose.letters import Ids, Person, Place, Request, Said, To
from parley.relay.compose.relayed import relayed_mail
from parley.relay.mail import Mail, read
from parley.relay.mail.addresses import read_from
from parley.relay.mail.write import File, write
from parley.threading.reply import split_mail

FOLDER = Path(__file__).parents[1] / "mails"
NAMES = sorted(path.name.removesuffix(".in.eml") for path in FOLDER.glob("*.in.eml"))

DOMAIN = "reply.directindustry.example"
MASKS = {"buyer": f"buyer-kmnprstuvwxyz234@{DOMAIN}", "seller": f"seller-abcdefghkmnprstu@{DOMAIN}"}
PLACE = Place(
    "DirectIndustry", DOMAIN, "en", "help@directindustry.example", "#1f5fbf", "https://directindustry.example"
)
REQUEST = Request("DI-48213", "Palletising cell: RX-90 arm", "RX-90 six-axis arm", "", "ACME Robotics", ("quote",))
JEAN = Person("Jean Dupont", "jean.dupont@laiterie.example", "fr", "buyer", "Laiterie du Vercors")
SARAH = Person("Sarah Miller", "sarah.miller@acme.example", "en", "seller", "")
LINKS = {
    "buyer": "https://directindustry.example/c/j3aNs-LiNk_0p9Kk8Jj7B",
    "seller": "https://directindustry.example/c/s4rAhs-LiNk_7q0Zx2Yw1A",
}
OUR_ID = f"m.xxxxyyyyzzzz2345@{DOMAIN}"
IDS = ("first@reader.example", "parent@reader.example")


def relay(data: bytes) -> bytes:
    """What the other side gets, with ids, link and people that are always the same."""
    mail = read(data)
    said = said_in(mail)
    reader = SARAH if said.writer is JEAN else JEAN
    to = To(reader, LINKS[reader.side], MASKS[said.writer.side])
    return write(relayed_mail(PLACE, REQUEST, to, Ids(OUR_ID, IDS[-1], IDS), said))


def said_in(mail: Mail) -> Said:
    address = read_from([value for name, value in mail.raw_headers if name.lower() == "from"]).address
    assert address is not None
    writer = next(person for person in (JEAN, SARAH) if person.address == address.text)
    new = split_mail(mail)
    at = parsedate_to_datetime(mail.first("Date")).astimezone(UTC)
    return Said(writer, new.text, new.html, at, mail.first("Subject"), files_of(mail, new.html))


def files_of(mail: Mail, new_html: str) -> tuple[File, ...]:
    """All files but the pictures of what was quoted."""
    return tuple(
        File(file.name, file.type, file.data, file.content_id, file.inline)
        for file in mail.files
        if not (new_html and f"cid:{file.content_id}" in mail.html and f"cid:{file.content_id}" not in new_html)
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_mail_that_goes_out_is_as_written_down(name: str) -> None:
    out = relay((FOLDER / f"{name}.in.eml").read_bytes())
    golden = FOLDER / f"{name}.out.eml"
    if os.environ.get("PARLEY_GOLDEN") == "write":
        golden.write_bytes(out)
    assert out == golden.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_writer_s_own_machine_goes_out(name: str) -> None:
    """No address of his, no host, no IP, no id of his client (R2); the request's own link is the reader's."""
    data = (FOLDER / f"{name}.in.eml").read_bytes()
    out = read((FOLDER / f"{name}.out.eml").read_bytes())
    writer = said_in(read(data)).writer
    reader = SARAH if writer is JEAN else JEAN
    headers = "\n".join(value for _, value in out.headers)
    files = (text for file in out.attachments for text in (file.name, file.content_id))
    everything = "\n".join([headers, out.text, out.html, *files])
    assert set(re.findall(r"<([^<>\s]+@[^<>\s]+)>", headers)) == {MASKS[writer.side], reader.address, OUR_ID, *IDS}
    assert LINKS[writer.side] not in everything
    domains = writer.address.rpartition("@")[2] + "|203\\.0\\.113|192\\.0\\.2|01DC5F2D"
    assert not re.search(rf"@[\w.-]*(?:{domains})|poste12|laptop-sarah|mail7", everything)


def test_every_pair_is_explained() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert NAMES
    for name in NAMES:
        assert f"`{name}`" in readme
    assert {path.name.removesuffix(".out.eml") for path in FOLDER.glob("*.out.eml")} == set(NAMES)
