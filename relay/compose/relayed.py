"""A message on its way to everybody who is to read it: the other side, the writer's colleagues, the writer himself."""

from collections.abc import Sequence
from datetime import datetime

from ..mail.write import Letter
from .frame import Head, from_mask, scene_for, write_up
from .hidden import hidden_lines
from .i18n import Words
from .letters import Ids, Person, Place, Request, Said, To
from .masking import Hidden
from .spoken import listed, spoken


def relayed_mail(place: Place, request: Request, to: To, ids: Ids, said: Said) -> Letter:
    """A message to one participant of the other side, from the writer's mask; subject and date are the writer's."""
    scene = scene_for(place, request, to)
    writer = scene.naming.called(said.writer)
    words = spoken(said, scene.words, place.reply_domain)
    return write_up(
        scene,
        Head(ids, said.at, said.subject),
        from_mask(scene, writer),
        "relayed",
        preview=words.text,
        files=words.files,
        sealed=words.sealed,
        writer=writer,
        spoken=words,
    )


def colleague_mail(place: Place, request: Request, to: To, ids: Ids, said: Said, others: Sequence[Person]) -> Letter:
    """The same message to another participant of the writer's own side (R5).

    It comes from the mask of the other side, `others`, so that a plain Reply goes to them.
    """
    scene = scene_for(place, request, to)
    writer = scene.naming.colleague(said.writer)
    words = spoken(said, scene.words, place.reply_domain)
    return write_up(
        scene,
        Head(ids, said.at, said.subject),
        from_mask(scene, writer),
        "colleague",
        preview=words.text,
        files=words.files,
        sealed=words.sealed,
        writer=writer,
        others=scene.naming.all_called(others),
        spoken=words,
    )


def copy_mail(
    place: Place,
    request: Request,
    to: To,
    ids: Ids,
    said: Said,
    others: Sequence[Person],
    at: datetime,
    hidden: Hidden,
) -> Letter:
    """The writer's own copy (R40): what was passed on at `at`, to whom, and what they do not see of it.

    Files are named, not sent again.
    """
    scene = scene_for(place, request, to)
    say, names = scene.words.gettext, scene.naming.all_called(others)
    lead = say("Your message was sent to %(names)s.", names=names)
    return write_up(
        scene,
        Head(ids, at, said.subject, "auto-generated"),
        from_mask(scene, say("Your copy")),
        "copy",
        preview=lead,
        lead=lead,
        names=names,
        moment=scene.words.moment(at),
        files_line=_named(said, scene.words),
        unsubscribe=to.copies,
        copies=to.copies,
        hidden=hidden_lines(hidden, scene.words),
        spoken=spoken(said, scene.words, place.reply_domain),
    )


def _named(said: Said, words: Words) -> str:
    """The files of a message by name and size, "" where there are none."""
    nameless = words.gettext("a file")
    return listed(words, [f"{file.name or nameless} ({words.size(file.size)})" for file in said.files])
