"""Pages for what did not work: what happened, what to do now, and never an exception's text."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ..compose.i18n import Words, words_for
from ..settings import Marketplace
from .desk import Desk
from .look import NEUTRAL
from .render import render
from .visit import browser_languages

API = "/api/"


@dataclass(frozen=True, slots=True)
class Apology:
    """A page in words."""

    title: str
    text: str
    link: str = ""  # what can be had instead
    link_text: str = ""


async def on_http_error(desk: Desk, request: Request, error: Exception) -> Response:
    """Answer a request that was refused with its status."""
    if not isinstance(error, HTTPException):
        raise error
    return apologise(desk, request, error.status_code, headers=dict(error.headers or {}), detail=error.detail)


def apologise(
    desk: Desk,
    request: Request,
    status: int,
    reference: str = "",
    headers: dict[str, str] | None = None,
    detail: str = "",
    typed: str = "",
) -> Response:
    """Return the answer for a status: a page for people, JSON for programs (`detail` is told to programs only).

    `typed` is what somebody wrote and could not send: he gets it back to copy it.
    """
    if _route(desk, request).startswith(API):
        told = {"error": detail or "This did not work, by a fault of ours."}
        return JSONResponse(told | ({"reference": reference} if reference else {}), status, headers)
    places = desk.world.settings.marketplace
    words = words_for(*browser_languages(request), *(place.language for place in places[:1]))
    place = places[0] if len(places) == 1 else NEUTRAL
    page = apology_page(desk, words, place, _apology(words, status), reference, typed)
    return HTMLResponse(page, status, headers)


def apology_page(
    desk: Desk, words: Words, place: Marketplace, apology: Apology, reference: str = "", typed: str = ""
) -> str:
    """Return the page of an apology."""
    form = {"text": typed}
    return render("apology.html", words, apology=apology, form=form, reference=reference, place=place, look=desk.look)


def _route(desk: Desk, request: Request) -> str:
    return request.url.path.removeprefix(desk.addresses.prefix)


def _apology(words: Words, status: int) -> Apology:
    say = words.gettext
    match status:
        case 404 | 405:
            return Apology(
                say("This page cannot be opened"),
                say(
                    "The link is incomplete, no longer valid, or was opened too long ago in this browser. Please open "
                    "the newest mail about your request and use the link in it."
                ),
            )
        case 403:
            return Apology(
                say("Nothing was sent"),
                say("The form did not come from this site. Please open the link in your mail and write there."),
            )
        case 410:
            return Apology(
                say("This conversation is over"),
                say("It was closed a long time ago, so its links no longer open it. Please write a new request."),
            )
        case 413:
            return Apology(say("This is too large"), say("Please send less at once."))
        case 429:
            return Apology(
                say("Too many attempts"),
                say("Too many links that do not exist were opened from your network. Please wait a few minutes."),
            )
        case _:
            return Apology(
                say("This did not work"),
                say("It is a fault of ours, and it has been noted. Please try again in a minute."),
            )
