"""Whether what somebody sends as a document may be sent: types and size by `[actions]`, and a PDF that is one.

A PDF is opened in a process of its own, which is stopped when it takes too long: the file is a stranger's.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from importlib.util import find_spec

from .mail.document import Rules, Wrong, ending, first_wrong
from .mail.write import File
from .pdf_child import IS_NONE
from .sections import ActionSettings

_SECONDS = 20.0
_MEMORY = 1_610_612_736  # bytes of address space


def rules_of(actions: ActionSettings) -> Rules:
    """Return what the settings let through."""
    return Rules(actions.document_types, actions.document_bytes)


async def check(files: Sequence[File], rules: Rules) -> Wrong | None:
    """Return what is wrong with the first file that may not be sent as a document, None where all may."""
    wrong = await asyncio.to_thread(first_wrong, files, rules)
    if wrong is not None or find_spec("pikepdf") is None:
        return wrong
    for file in files:
        if ending(file.name) == "pdf" and not await _opens(file.data):
            return Wrong("not_what_it_says", file.name)
    return None


async def _opens(pdf: bytes) -> bool:
    """True where a reader of PDF can open it; also where that could not be tried. Its looks have been checked."""
    command = (sys.executable, "-m", "parley.relay.pdf_child", str(_MEMORY))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL)
    try:
        async with asyncio.timeout(_SECONDS):
            await process.communicate(pdf)
    except TimeoutError:
        return False  # nobody's own viewer would get through it
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode != IS_NONE
