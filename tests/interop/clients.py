"""Two mail programs of the terminal, and the mailboxes they read. Each replies as its user would let it."""

import mailbox
import shlex
from pathlib import Path

from parley.tests.interop.programs import call, on_terminal
from parley.tests.peer import Got

# Mutt as Debian ships it, but for a home of its own. The editor stands for the person: see `mutt_reply`.
_MUTTRC = """
set folder="{home}" spoolfile="{home}/inbox" mbox_type=Maildir record="{home}/sent"
set realname="{name}" from="{address}" use_from=yes use_envelope_from=yes hostname="client.example"
set sendmail="{sendmail}"
set editor="{home}/editor" edit_headers=yes include=yes fast_reply=yes
set move=no quit=yes wait_key=no abort_unmodified=no delete=yes confirmappend=no confirmcreate=no
set crypt_use_gpgme=no
"""
# Headers first, as edit_headers asks for; the answer goes above the quote or below it.
_ABOVE = """#!/bin/sh
{{ sed '/^$/q' "$1"; cat {home}/answer; echo; sed '1,/^$/d' "$1"; }} >"$1.new" && mv "$1.new" "$1"
"""
_BELOW = """#!/bin/sh
{{ echo; cat {home}/answer; }} >>"$1"
"""


def store(folder: Path, mails: list[Got]) -> None:
    """Put mails into a Maildir as an MTA delivers them."""
    box = mailbox.Maildir(folder, create=True)
    for got in mails:
        box.add(_delivered(got))


def store_mbox(path: Path, mails: list[Got]) -> None:
    """Put mails into an mbox file as an MTA delivers them."""
    box = mailbox.mbox(path)
    for got in mails:
        box.add(_delivered(got))
    box.close()


def _delivered(got: Got) -> bytes:
    return f"Return-Path: <{got.mail_from}>\n".encode() + got.data.replace(b"\r\n", b"\n")


async def mutt_reply(
    home: Path, sendmail: str, who: tuple[str, str], answer: str, *, above: bool = True, attach: Path | None = None
) -> None:
    """Open the inbox, reply to the newest mail, send, quit. `who` is name and address."""
    name, address = who
    editor = home / "editor"
    (home / "answer").write_text(answer + "\n")
    script = (_ABOVE if above else _BELOW).format(home=shlex.quote(str(home)))
    if attach:  # mutt's own pseudo-header, taken off again before it sends
        script = script.replace("#!/bin/sh\n", f'#!/bin/sh\nsed -i "1i Attach: {attach}" "$1"\n')
    editor.write_text(script)
    editor.chmod(0o755)
    (home / "muttrc").write_text(_MUTTRC.format(home=home, name=name, address=address, sendmail=sendmail))
    keys = "push <last-entry><reply><send-message><quit>"
    await on_terminal(("mutt", "-n", "-F", f"{home}/muttrc", "-f", f"{home}/inbox", "-e", keys), home)


async def s_nail_reply(home: Path, port: int, who: tuple[str, str], answer: str, mark: str = "> ") -> str:
    """Open the mbox, reply to the newest mail below a full quote, send it over SMTP to `port`, quit.

    `mark` stands before each quoted line; "" leaves it to s-nail, which takes a tab as mailx always did.
    """
    name, address = who
    settings = {
        "v15-compat": "yes",
        "from": f"{name} <{address}>",
        "hostname": "client.example",
        "mta": f"smtp://127.0.0.1:{port}",
        "smtp-auth": "none",
        "quote": "",
        "fullnames": "",
        "sendwait": "",
        "dot": "",
        "sendcharsets": "utf-8",
        "record": f"{home}/sent",
        "keep": "",
        "nosave": "",
    }
    if mark:
        settings["indentprefix"] = mark
    options = [word for key, value in settings.items() for word in ("-S", f"{key}={value}" if value else key)]
    command = ("s-nail", "-:/", "-#", *options, "-f", f"{home}/mbox")
    return await call(command, home, f"reply $\n{answer}\n.\nxit\n".encode())
