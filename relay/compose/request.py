"""The first mails of an inquiry: the request to each seller, and the buyer's proof that it was sent."""

from ..mail.write import Letter
from .frame import Head, facts, from_mask, scene_for, write_up
from .letters import Ids, Place, Request, Said, To
from .spoken import spoken


def request_mail(place: Place, request: Request, to: To, ids: Ids, said: Said) -> Letter:
    """The buyer's request to one seller, from the buyer's mask: his words, what he asks for, how to answer."""
    scene = scene_for(place, request, to)
    writer = scene.naming.called(said.writer)
    words = spoken(said, scene.words, place.reply_domain)
    return write_up(
        scene,
        Head(ids, said.at, request.subject),
        from_mask(scene, writer),
        "request",
        preview=words.text,
        files=words.files,
        sealed=words.sealed,
        writer=writer,
        spoken=words,
        facts=facts(scene, said.writer),
    )


def confirmation_mail(place: Place, request: Request, to: To, ids: Ids, said: Said) -> Letter:
    """To the buyer, from the seller's mask: his request is on its way. A reply to it adds to the request."""
    scene = scene_for(place, request, to)
    company = scene.naming.company() or scene.words.gettext("the seller")
    lead = scene.words.gettext("Your request was sent to %(company)s.", company=company)
    return write_up(
        scene,
        Head(ids, said.at, request.subject, "auto-generated"),
        from_mask(scene, scene.naming.company() or scene.words.gettext("A seller")),
        "confirmation",
        preview=lead,
        lead=lead,
        spoken=spoken(said, scene.words, place.reply_domain),
        facts=facts(scene, said.writer),
    )
