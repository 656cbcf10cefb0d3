"""What could not be done, told to whom it concerns in plain words (R41, R42), and mail for the operator.

Causes are words of ours: a remote server's text may hold the other side's address, so it is for ops only. These
mails come from the marketplace, not from a mask: answering them must not write to the other side.
"""

from datetime import datetime

from ..mail.names import visible
from ..mail.write import File, Letter, Mailbox
from .frame import Head, Scene, from_place, scene_for, write_up
from .i18n import Words, words_for
from .letters import Delay, Failure, Ids, Place, Reading, Received, RefusalWord, Request, Said, To
from .render import render_text
from .spoken import beginning


def failed_notice(
    place: Place, request: Request, to: To, ids: Ids, said: Said, failure: Failure, at: datetime
) -> Letter:
    """To the writer: his message did not reach `failure.reader`; why, and what he can do."""
    scene = scene_for(place, request, to)
    name = scene.naming.called(failure.reader)
    lead = scene.words.gettext("Your message could not be delivered to %(name)s.", name=name)
    subject = scene.words.gettext("Not delivered: %(subject)s", subject=visible(said.subject))
    return _notice(scene, Head(ids, at, subject, "auto-replied"), lead, _failure(scene.words, failure), said)


def delayed_notice(place: Place, request: Request, to: To, ids: Ids, said: Said, delay: Delay, at: datetime) -> Letter:
    """To the writer: his message is still on its way to `delay.reader`, and he need do nothing."""
    scene = scene_for(place, request, to)
    say = scene.words.gettext
    lead = say("Your message is still on its way to %(name)s.", name=scene.naming.called(delay.reader))
    subject = say("Still on its way: %(subject)s", subject=visible(said.subject))
    tried = scene.words.length(delay.tried_for)
    cause = say("The mail server of this person has not taken it for more than %(time)s.", time=tried)
    until = scene.words.length(delay.give_up)
    mend = say(
        "We keep trying for %(time)s in all and tell you if it cannot be delivered. Please do not send it again.",
        time=until,
    )
    return _notice(scene, Head(ids, at, subject, "auto-replied"), lead, (cause, mend), said)


def read_notice(place: Place, request: Request, to: To, ids: Ids, said: Said, reading: Reading, at: datetime) -> Letter:
    """To a writer who asked for a receipt: `reading.reader` has read his message, and by what it is known."""
    scene = scene_for(place, request, to)
    say = scene.words.gettext
    lead = say("%(name)s has read your message.", name=scene.naming.called(reading.reader))
    subject = say("Read: %(subject)s", subject=visible(said.subject))
    asked = say("You get this mail because your own mail asked for a read receipt.")
    return _notice(
        scene, Head(ids, at, subject, "auto-replied"), lead, (_how_read(scene.words, reading, at), asked), said
    )


def refused_notice(
    place: Place, request: Request, to: To, ids: Ids, said: Said, cause: RefusalWord, at: datetime
) -> Letter:
    """To the writer of a mail to several inquiries: in this one it was not passed on; why, and what he can do."""
    scene = scene_for(place, request, to)
    lead = scene.words.gettext("Your message was not passed on in this request.")
    subject = scene.words.gettext("Not passed on: %(subject)s", subject=visible(said.subject))
    return _notice(scene, Head(ids, at, subject, "auto-replied"), lead, _refusal(scene.words, cause), said)


def operator_mail(place: Place, operator: Mailbox, ids: Ids, received: Received) -> Letter:
    """A mail to postmaster@ or abuse@, enclosed as it came, from our own postmaster to who runs this gateway."""
    words = words_for(place.language, zone=place.timezone)
    subject = words.gettext("Mail to %(address)s", address=visible(received.address))
    address, moment = visible(received.address), words.moment(received.at)
    text = render_text("operator", words, address=address, moment=moment)
    return Letter(
        from_=from_place(place),
        to=(operator,),
        subject=subject,
        date=received.at,
        message_id=ids.message_id,
        text=text,
        auto_submitted="auto-generated",
        loop=place.reply_domain,
        files=(File("mail.eml", "message/rfc822", received.data),),
        language=words.language,
    )


def _notice(scene: Scene, head: Head, lead: str, explained: tuple[str, str], said: Said) -> Letter:
    cause, mend = explained
    return write_up(
        scene,
        head,
        from_place(scene.place),
        "notice",
        preview=scene.words.together(lead, cause),
        lead=lead,
        cause=cause,
        mend=mend,
        spoken=beginning(said),
    )


def _failure(words: Words, failure: Failure) -> tuple[str, str]:
    """Why it failed, and what the writer can do."""
    say = words.gettext
    later = say("Your message is kept in the conversation. You can send it again from there later.")
    match failure.cause:
        case "unknown_address":
            mend = say(
                "Your message is kept in the conversation. Please let us know if you need another contact there."
            )
            return say("The mail address that we have for this person no longer exists."), mend
        case "full":
            return say("The mailbox of this person is full."), later
        case "too_big":
            mend = say("Please send the files one by one, or smaller. Your message is kept in the conversation.")
            return say("Your message with its files is too big for the mailbox of this person."), mend
        case "refused":
            mend = say(
                "Your message is kept in the conversation. A shorter mail without links or files often gets through."
            )
            return say("The mail server of this person refused the message."), mend
        case "unreachable" if failure.tried_for is not None:
            tried = words.length(failure.tried_for)
            return say("We tried for %(time)s, but the mail server of this person did not take it.", time=tried), later
        case "ours":
            mend = say("Please send it again, with its files. Your words are kept in the conversation.")
            return say("It could not be sent because of a fault of ours. The operator has been told."), mend
        case _:
            return say("The mail server of this person did not take the message."), later


def _how_read(words: Words, reading: Reading, at: datetime) -> str:
    say, moment = words.gettext, words.moment(at)
    match reading.how:
        case "mdn":
            return say("The mail program of this person sent a read receipt on %(moment)s.", moment=moment)
        case "form":
            return say("This person pressed a button under it, on the page, on %(moment)s.", moment=moment)
        case _:
            return say("It was on this person's screen, on the page, on %(moment)s.", moment=moment)


def _refusal(words: Words, cause: RefusalWord) -> tuple[str, str]:
    """Why it was not passed on, and what the writer can do."""
    say = words.gettext
    match cause:
        case "closed":
            return say("This conversation is closed."), say("Please send a new request if you want to go on.")
        case "left":
            cause_text = say("You have left this conversation, or it was handed to a colleague.")
            return cause_text, say("Please ask the colleague who goes on with it.")
        case "own_side":
            cause_text = say("You wrote to the address that stands for yourself.")
            return cause_text, say("Please answer the mail that you were sent.")
        case "empty":
            return say("Your mail holds neither words nor a file."), say("Please send it again with your message.")
        case "sender":
            cause_text = say("We cannot tell from your mail who wrote it.")
            return cause_text, say("Please send it again from the address that you were written to.")
        case _:
            return say("It could not be read as a message to the other side."), say(
                "Please write in the conversation instead."
            )
