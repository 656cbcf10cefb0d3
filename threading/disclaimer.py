"""Notices of law at the end of a mail: paragraphs that speak of themselves, with the drawn lines around them."""

import re
from collections.abc import Sequence

from .phrases import Phrases

LONG_RULE = 30
MOST_NOTICES = 20  # paragraphs of law

_RULE = re.compile(r"\s*(?:[*_=~#-]\s?){5,}\s*|\s*(?:\*\s){2,}\*?\s*")
# What a notice of law speaks of: its secrecy, for whom it is, what the wrong reader is to do, what the firm does not
# answer for; and itself.
_SUBJECTS = (
    Phrases(
        "confidential", "privileg", "vertraulich", "confidencial", "confidentiel", "riservat", "конфиденциальн", "保密",
        "機密", "poufn", "vertrouwelijk", "fortrolig",
    ),
    Phrases(
        "intended (?:only |solely )?(?:for|recipient)", "addressee", "solely for the use", "individual or entity",
        "unauthori[sz]ed", "received (?:this|it).{0,30} in error",
        "nicht der (?:richtige|beabsichtigte|vorgesehene) (?:adressat|empf)", "irrtümlich erhalten", "destinataire",
        "por error", "destinatari", "por engano", "адресован", "收件人", "受信者", "adresat",
    ),
    Phrases(
        "notify (?:the )?(?:sender|us|system manager)", "inform (?:the )?(?:sender|us|system manager)",
        "delete (?:it|this|the)", "destroy", "löschen", "vernichten", "supprimer", "détruire", "eliminar", "borr",
        "cancell", "apagar", "удалить", "删除", "削除",
    ),
    Phrases(
        "disclaimer", "haftungsausschluss", "avis de confidentialité", "aviso legal", "avvertenza", "virus",
        "monitored", "recorded for legal", "legally binding", "liability", "views (?:or opinions )?expressed",
        "do not necessarily (?:represent|reflect)", "secure means of communication", "print this e-?mail",
        "environment before printing", "umwelt.{0,40}drucken", "imprimer ce",
    ),
)  # fmt: skip
_ITSELF = Phrases(
    "this (?:e-?mail|message|communication|transmission)", "diese e-?mail", "ce (?:message|courriel)",
    "este (?:correo|mensaje|e-?mail)", "questo messaggio", "questa e-?mail", "данное сообщение", "本邮件", "このメール",
)  # fmt: skip
_STRONG = Phrases(
    "routinely (?:be )?(?:monitored|logged)", "automatically (?:be )?(?:monitored|logged)", "footnote", "swept for",
    "scanned (?:for|by).{0,40}virus", "virus scanning service", "- - disclaimer - -", r"^\W*disclaimer\W*$",
)  # fmt: skip


def disclaimers(texts: Sequence[str], marks: list[str], end: int) -> int:
    """Legal paragraphs from the end upwards, with the drawn lines around them and what stands between those."""
    for _ in range(MOST_NOTICES):
        last = last_filled(texts, end)
        if last < 0:
            return end
        first = last
        while first > 0 and texts[first - 1].strip() and not is_rule(texts[first - 1]) and last - first < 60:
            first -= 1
        if is_rule(texts[last]):
            above = _ruled_block(texts, last)
            if above is None:
                return end
            first = above
        elif not is_legal(" ".join(text[:2000] for text in texts[first : last + 1])):
            return end
        else:
            first = _with_rules(texts, first)
        marks[first:end] = ["disclaimer"] * (end - first)
        end = first
    return end


def _with_rules(texts: Sequence[str], first: int) -> int:
    """The beginning of a notice with the drawn line above it and what stands between that and the notice."""
    for place in range(first - 1, max(-1, first - 12), -1):
        if not is_rule(texts[place]):
            continue
        if sum(bool(text.strip()) for text in texts[place:first]) <= 6 and len(texts[place].strip()) >= LONG_RULE:
            above = _ruled_block(texts, place)
            return place if above is None else above
        return place if not any(text.strip() for text in texts[place + 1 : first]) else first
    return first


def _ruled_block(texts: Sequence[str], last: int) -> int | None:
    """The first line of a block between two drawn lines, the lower one being `last`, if there is law in it."""
    for place in range(last - 1, max(-1, last - 60), -1):
        if is_rule(texts[place]):
            return place if any(is_legal(text) for text in _paragraphs(texts[place + 1 : last])) else None
    return None


def _paragraphs(texts: Sequence[str]) -> list[str]:
    joined = "\n".join(text[:2000] if text.strip() else "" for text in texts)
    return [" ".join(part.split()) for part in joined.split("\n\n")]


def is_legal(paragraph: str) -> bool:
    """A notice of a law department: it names at least two of its subjects, and is no short remark."""
    lower = paragraph[:4000].lower()
    if _STRONG.found_in(lower):
        return True
    subjects = sum(one.found_in(lower) for one in _SUBJECTS)
    return len(lower) >= 60 and (subjects > 1 or (subjects == 1 and _ITSELF.found_in(lower)))


def is_rule(text: str) -> bool:
    """A drawn line."""
    return len(text) <= 200 and bool(_RULE.fullmatch(text))


def last_filled(texts: Sequence[str], end: int) -> int:
    """The number of the last line above `end` with something on it, -1 where there is none."""
    place = end - 1
    while place >= 0 and not texts[place].strip():
        place -= 1
    return place
