"""The whole story: an inquiry, the seller's answer from his own mailbox, the buyer's, and what everybody sees."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley.tests.gateway import BUYER, COLLEAGUE, DOMAIN, SELLER, Running, body, header, mail, opened, running, to
from parley.tests.peer import Got, Peer

pytestmark = pytest.mark.usefixtures("engines")


@pytest.fixture
async def world(tmp_path: Path, peer: Peer) -> AsyncIterator[Running]:
    async with running(tmp_path, peer) as one:
        yield one


def message_id(got: Got) -> str:
    return header(got, "Message-ID").strip()


async def test_seller_and_buyer_negotiate_from_their_own_mailboxes(world: Running, peer: Peer) -> None:
    made = await world.open()
    first = await peer.wait(2)
    (request,) = to(first, SELLER)
    (confirmation,) = to(first, BUYER)
    assert made.masks["buyer"] in header(request, "From")
    assert made.masks["seller"] in header(confirmation, "From")
    assert "twelve P-200 pumps" in body(request)
    assert made.links[SELLER] in body(request)
    assert made.links[SELLER] in body(request, "text/html")
    assert made.links[BUYER] not in body(request)

    quoted = "\n".join(f"> {line}" for line in body(request).splitlines())
    answer = mail(
        f"Anna Weber <{SELLER}>",
        made.masks["buyer"],
        f"They cost 4,800 EUR.\n\nOn Mon, 23 Nov 2026 at 09:00, Jean <{made.masks['buyer']}> wrote:\n{quoted}",
        message_id="answer-1@werk.example",
        references=message_id(request),
    )
    await world.send(SELLER, made.masks["buyer"], answer)
    got = to(await peer.wait(3), BUYER)[-1]
    assert got.violations == ()
    assert made.masks["seller"] in header(got, "From")
    assert header(got, "To").endswith(f"<{BUYER}>") or header(got, "To") == BUYER
    assert header(got, "Subject") == "Re: Price for 12 pumps"
    assert "4,800 EUR" in body(got)
    assert "twelve P-200 pumps" not in body(got)
    assert made.links[BUYER] in body(got)
    assert message_id(confirmation) in header(got, "References")
    for secret in (SELLER, "werk.example", made.links[SELLER]):
        assert secret.encode() not in got.data

    thanks = mail(
        f"Jean Dupont <{BUYER}>",
        made.masks["seller"],
        "Too dear. 4,500?",
        message_id="buyer-1@acheteur.example",
        references=f"{message_id(confirmation)} {message_id(got)}",
    )
    await world.send(BUYER, made.masks["seller"], thanks)
    last = to(await peer.wait(4), SELLER)[-1]
    assert "Too dear. 4,500?" in body(last)
    assert "<answer-1@werk.example>" in header(last, "References")
    assert header(last, "In-Reply-To") == "<answer-1@werk.example>"
    assert message_id(request) in header(last, "References")
    assert b"acheteur.example" not in last.data

    shown = await world.show(made.id)
    messages = shown["messages"]
    assert [(m["side"], m["text"].strip().splitlines()[0]) for m in messages] == [
        ("buyer", "Hello,"),
        ("seller", "They cost 4,800 EUR."),
        ("buyer", "Too dear. 4,500?"),
    ]
    assert [m["parent"] for m in messages] == [None, messages[0]["id"], messages[1]["id"]]
    assert "twelve P-200 pumps" in messages[1]["quoted"]


async def test_one_id_follows_a_mail_through_the_journal(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Yes."))
    await peer.wait(3)
    await world.wait_for("sent", 3)
    (accepted,) = world.logged("accepted")
    id = accepted.split()[1]
    events = [line.split()[2] for line in world.lines if line.split()[1] == id]
    assert events == ["received", "decided", "accepted", "sending", "sent"]
    token = made.masks["buyer"].removeprefix("buyer-").partition("@")[0]
    assert not any(token in line for line in world.lines)


async def test_the_writer_gets_a_copy_that_threads_under_his_own_mail(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, copy=True) as world:
        made = await world.open()
        await peer.wait(2)
        await world.send(
            SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Yes.", message_id="own-1@werk.example")
        )
        copy = to(await peer.wait(4), SELLER)[-1]
    assert header(copy, "In-Reply-To") == "<own-1@werk.example>"
    assert header(copy, "Auto-Submitted") == "auto-generated"
    assert made.masks["buyer"] in header(copy, "From")
    assert b"acheteur.example" not in copy.data


async def test_all_participants_of_both_sides_are_reached(world: Running, peer: Peer) -> None:
    made = await world.open(cc=[{"email": COLLEAGUE, "name": "Ben"}])
    await peer.wait(3)
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Hello from Anna."))
    mails = await peer.wait(5)
    assert len(to(mails[3:], BUYER)) == 1
    (colleague,) = to(mails[3:], COLLEAGUE)
    assert made.masks["buyer"] in header(colleague, "From")
    await world.send(BUYER, made.masks["seller"], mail(BUYER, made.masks["seller"], "Hello both."))
    mails = await peer.wait(7)
    assert {address for got in mails[5:] for address in got.rcpt} == {SELLER, COLLEAGUE}


async def test_a_mail_that_comes_twice_is_relayed_once(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    mask = made.masks["buyer"]
    once = mail(SELLER, mask, "Only once.", message_id="twice@werk.example")
    await world.send(SELLER, [mask, mask.replace("@", "+cc@")], once)
    assert (await world.send(SELLER, mask, once)).code == 250
    await world.send(SELLER, mask, mail(SELLER, mask, "Something else.", message_id="twice@werk.example"))
    mails = await peer.wait(4)
    assert [body(got).strip().splitlines()[2 if "Only" not in body(got) else 0] is not None for got in mails[2:]]
    assert sum("Only once." in body(got) for got in mails) == 1
    assert sum("Something else." in body(got) for got in mails) == 1
    assert len(world.logged("duplicate")) >= 1


async def test_several_masks_in_one_mail_are_handled_each_on_its_own(world: Running, peer: Peer) -> None:
    one, two = await world.open(), await world.open(reference="MK-1002", sellers=[{"email": COLLEAGUE}])
    await peer.wait(4)
    masks = [one.masks["buyer"], two.masks["buyer"]]
    reply = await world.send(SELLER, masks, mail(SELLER, ", ".join(masks), "For both?"))
    assert reply.code == 250
    (relayed,) = to((await peer.wait(6))[4:], BUYER)
    assert one.masks["seller"] in header(relayed, "From")
    assert len(world.logged("held")) == 1


async def test_attachments_pass_and_dangerous_names_are_cleaned(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    pdf = b"%PDF-1.7\n" + bytes(range(256)) * 40
    letter = build_mixed(made.masks["buyer"], "../../etc/quote.pdf", pdf)
    await world.send(SELLER, made.masks["buyer"], letter)
    got = (await peer.wait(3))[2]
    files = {part.get_filename(): part.get_payload(decode=True) for part in opened(got).walk() if part.get_filename()}
    assert files == {"quote.pdf": pdf}
    shown = await world.show(made.id)
    messages = shown["messages"]
    assert messages[1]["attachments"][0]["name"] == "quote.pdf"
    assert messages[1]["attachments"][0]["bytes"] == len(pdf)


def build_mixed(mask: str, name: str, data: bytes) -> bytes:
    from email.mime.application import MIMEApplication
    from email.mime.multipart import MIMEMultipart
    from email.mime.text import MIMEText

    whole = MIMEMultipart()
    whole["From"], whole["To"], whole["Subject"] = f"Anna <{SELLER}>", mask, "Quote"
    whole.attach(MIMEText("Our quote."))
    part = MIMEApplication(data, "pdf")
    part.add_header("Content-Disposition", "attachment", filename=name)
    whole.attach(part)
    return whole.as_bytes().replace(b"\n", b"\r\n")


async def test_mail_to_the_operator_is_passed_on(world: Running, peer: Peer) -> None:
    await world.send("someone@else.example", f"postmaster@{DOMAIN}", mail("someone@else.example", "x@y.example", "Hi"))
    (got,) = await peer.wait(1)
    assert got.rcpt == ("ops@gateway.example",)
    assert "Hi" in got.data.decode()


async def test_bounces_and_vacation_mail_are_events_and_relayed_to_nobody(world: Running, peer: Peer) -> None:
    made = await world.open()
    await peer.wait(2)
    vacation = mail(SELLER, made.masks["buyer"], "I am away.").replace(
        b"Subject:", b"Auto-Submitted: auto-replied\r\nSubject:"
    )
    assert (await world.send("", made.masks["buyer"], vacation)).code == 250
    assert (await world.send(SELLER, made.masks["buyer"], vacation)).code == 250
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], "Back again."))
    mails = await peer.wait(3)
    assert "Back again." in body(mails[2])
    shown = await world.show(made.id)
    events, messages = shown["events"], shown["messages"]
    assert "auto_reply.received" in [event["kind"] for event in events]
    assert len(messages) == 2


async def test_a_personal_link_that_was_quoted_never_reaches_the_other_side(world: Running, peer: Peer) -> None:
    made = await world.open()
    (request,) = to(await peer.wait(2), SELLER)
    link = made.links[SELLER]
    assert link in body(request)
    between = f"> {link}\nYes, I have seen that.\n> Open the conversation:\nDone."
    await world.send(SELLER, made.masks["buyer"], mail(SELLER, made.masks["buyer"], between))
    got = to(await peer.wait(3), BUYER)[-1]
    assert "I have seen that" in body(got)
    assert link.rpartition("/")[2].encode() not in got.data
