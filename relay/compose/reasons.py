"""Why a request is declined: the list one chooses from, and how the other side is told. In the reader's words."""

from typing import Literal, get_args

from .i18n import Words

Reason = Literal[
    "not_our_product",
    "outside_area",
    "quantity_too_small",
    "discontinued",
    "incomplete",
    "price_or_time",
    "duplicate",
    "spam",
    "other",
]
REASONS: tuple[Reason, ...] = get_args(Reason)


def reason_named(name: str) -> Reason | None:
    """Return the reason with this name."""
    return next((reason for reason in REASONS if reason == name), None)


def reason_lines(words: Words) -> tuple[tuple[Reason, str], ...]:
    """Return the reasons with their labels, in the order they are listed and counted in."""
    return tuple((reason, reason_label(words, reason)) for reason in REASONS)


def reason_label(words: Words, reason: Reason) -> str:
    """Return a reason as it stands in the list for who declines."""
    say = words.gettext
    match reason:
        case "not_our_product":
            return say("Not our product")
        case "outside_area":
            return say("Outside our area")
        case "quantity_too_small":
            return say("Quantity too small")
        case "discontinued":
            return say("No longer made")
        case "incomplete":
            return say("The request is incomplete")
        case "price_or_time":
            return say("We cannot meet the price or the date")
        case "duplicate":
            return say("We have this request already")
        case "spam":
            return say("This is not an honest request")
        case "other":
            return say("Another reason")


def kindly(words: Words, reason: str, company: str) -> str:
    """Return the reason as a sentence to who asked; "" where his own words are all there is to say."""
    say = words.gettext
    match reason:
        case "not_our_product":
            return say("The product you asked for is not among those that %(company)s sells.", company=company)
        case "outside_area":
            return say("%(company)s does not deliver to your area.", company=company)
        case "quantity_too_small":
            return say("The quantity is smaller than %(company)s can deliver.", company=company)
        case "discontinued":
            return say("The product is no longer made.")
        case "incomplete":
            return say("Some details are missing to make you an offer. You are welcome to send them in a reply.")
        case "price_or_time":
            return say("%(company)s cannot meet the price or the date you asked for.", company=company)
        case "duplicate":
            return say("%(company)s has had the same request from you before and answers there.", company=company)
        case _:
            return ""
