"""One domain that is slow, or may get little, does not hold up the others; who was taken out gets nothing more."""

import time
from pathlib import Path

from parley.tests.gateway import BUYER, COLLEAGUE, SELLER, Running, body, mail, running, to
from parley.tests.peer import Peer

ONE_AT_A_TIME = '[[outbound.destination]]\ndomain = "acheteur.example"\nconnections = 1\n'


async def write(world: Running, masks: dict[str, str], text: str) -> None:
    await world.send(SELLER, masks["buyer"], mail(SELLER, masks["buyer"], text))


async def test_a_domain_gets_no_more_at_once_than_its_rule_and_the_others_go_on(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer, extra=ONE_AT_A_TIME) as world:
        made = [await world.open(reference=f"R-{number}") for number in range(4)]
        await peer.wait(8)
        stall = peer.stall("dot", rcpt=BUYER)
        for one in made:
            await write(world, one.masks, "Hello?")
        await stall.reached()
        for one in made:  # the other way is open
            await world.send(BUYER, one.masks["seller"], mail(BUYER, one.masks["seller"], "Hello!"))
        await peer.until(lambda: len(to(peer.mails, SELLER)) == 8)
        assert len([line for _, line in peer.lines if line.startswith(f"RCPT TO:<{BUYER}>")]) == 4 + 1
        stall.release()
        await peer.until(lambda: len(to(peer.mails, BUYER)) == 8)
        await world.wait_for("sent", 16)
        assert not world.logged("fault")


async def test_however_much_waits_for_a_slow_domain_the_others_go_on(tmp_path: Path, peer: Peer) -> None:
    other, four = "x@fast.example", {"connections": "4"}
    async with running(tmp_path, peer, extra=ONE_AT_A_TIME, outbound=four) as world:
        fast = await world.open(reference="fast", buyer={"email": other, "name": "X", "company": "", "phone": ""})
        slow = [await world.open(reference=f"R-{number}") for number in range(45)]  # more than wait in memory
        await peer.wait(2 * 46)
        stall = peer.stall("dot", rcpt=BUYER)
        for one in slow:
            await write(world, one.masks, "Hello?")
        await stall.reached()
        await write(world, fast.masks, "Quick?")
        await world.send(other, fast.masks["seller"], mail(other, fast.masks["seller"], "Quick!"))
        await peer.until(lambda: any("Quick?" in body(got) for got in to(peer.mails, other)))
        await peer.until(lambda: any("Quick!" in body(got) for got in to(peer.mails, SELLER)))
        stall.release()
        await peer.until(lambda: len(to(peer.mails, BUYER)) == 2 * 45)
        assert not world.logged("deferred")


async def test_a_rate_spreads_the_mails(tmp_path: Path, peer: Peer) -> None:
    rule = '[[outbound.destination]]\ndomain = "acheteur.example"\nper_minute = 600\n'
    async with running(tmp_path, peer, extra=rule) as world:
        begun = time.monotonic()
        for number in range(6):
            await world.open(reference=f"R-{number}")
        await peer.wait(12)
        assert time.monotonic() - begun >= 5 * 0.1  # however slow the machine, not sooner
        assert not world.logged("deferred")


async def test_who_leaves_while_a_mail_to_him_is_under_way_is_not_tried_again(tmp_path: Path, peer: Peer) -> None:
    async with running(tmp_path, peer) as world:
        made = await world.open(sellers=[{"email": SELLER, "name": "Anna"}, {"email": COLLEAGUE, "name": "Ben"}])
        await peer.wait(3)
        stall = peer.stall("rcpt", rcpt=COLLEAGUE)
        await world.send(BUYER, made.masks["seller"], mail(BUYER, made.masks["seller"], "Any news?"))
        await stall.reached()
        leave = made.masks["buyer"].replace("buyer-", "leave-")
        assert (await world.send(COLLEAGUE, leave, mail(COLLEAGUE, leave, "Not for me."))).code == 250
        peer.refuse("rcpt", 451, "4.7.1 later", rcpt=COLLEAGUE, times=1)
        stall.release()
        await world.wait_for("deferred")
        await world.send(BUYER, made.masks["seller"], mail(BUYER, made.masks["seller"], "Hello?"))
        await peer.until(lambda: any("Hello?" in body(got) for got in to(peer.mails, SELLER)))
        assert not any("Any news?" in body(got) or "Hello?" in body(got) for got in to(peer.mails, COLLEAGUE))
        shown = (await world.show(made.id))["messages"][1]["deliveries"]
        assert {one["to"]: one["state"] for one in shown if one["to"] in (SELLER, COLLEAGUE)} == {
            SELLER: "sent",
            COLLEAGUE: "dropped",
        }
