"""The base subject: what stays of a subject when reply words, forward words and list tags are taken off.

RFC 5256 section 2.1, widened by the words mail programs write in other languages. Two mails with the same base
subject (compare with `casefold`) are hints of one exchange, never more.
"""

import re

MOST_CHARACTERS = 4096

# Reply and forward words by language; a word that means both (vs, sv) needs no order.
_WORDS = {
    "en": "re fw fwd forwarded",
    "de": "aw antwort antw wg weitergeleitet",
    "fr": "ré rép réf rep ref tr transf transféré",
    "es": "res resp rv reenv",
    "it": "rif risp inoltro",
    "pt": "res enc",
    "nl": "antw betr doorst",
    "sv da no is": "sv vb vs videresend videresendt",
    "fi et": "vs vl",
    "pl cs": "odp pd",
    "hu": "vá továbbítás",
    "tr": "ynt yan ilt i̇lt",
    "lt": "ats",
    "sl sr hr": "odg одг prosl",
    "sq": "për",
    "eu": "er",
    "ca": "rtr",
    "he": "השב הועבר",
    "el": "απ σχετ πρθ",
    "ro": "răspuns raspuns redir",
    "ru uk": "отв на пересл відп пер",
    "zh": "回复 答复 回覆 回應 转发 轉寄 轉發",
    "ja": "返信 転送",
    "ko": "답장 회신 전달",
    "vi": "tl",
    "id": "bls trs",
    "ar": "رد إعادة",
    # What machines put before the subject of the mail they speak of.
    "machines": "undeliverable undelivered unzustellbar read accepted declined tentative gelesen",
}
_ROBOTS = (
    "automatic reply",
    "auto reply",
    "autoreply",
    "out of office",
    "out of office autoreply",
    "automatische antwort",
    "abwesenheitsnotiz",
    "réponse automatique",
    "respuesta automática",
    "risposta automatica",
    "resposta automática",
    "автоматический ответ",
    "自动答复",
    "自動応答",
    "自動返信",
    "자동 회신",
)
_ALTERNATIVES = "|".join(
    re.escape(word)
    for word in sorted({*" ".join(_WORDS.values()).split(), *_ROBOTS}, key=lambda word: (-len(word), word))
)
_COLON = r"\s*[:：﹕]"
# The number of a reply, "Re[4]:", "Re(2):", "Re^3:", or the blob of RFC 5256, "fwd [list]:".
_COUNT = r"(?:\s*\[[^\[\]]{0,200}\]|\s*\(\d{1,4}\)|\^?\d{1,3}|\*\d{1,3})?"
_REFWD = re.compile(rf"(?:{_ALTERNATIVES})\.?{_COUNT}{_COLON}", re.IGNORECASE)
# Italian Outlook: one letter, so only as it writes it, in capitals and with a blank or another such word after it.
_ONE_LETTER = re.compile(r"[RI]:(?=\s|[RI]:)")
# Finnish VS, a reply, is the forward of Danish and Norwegian, which are more often met.
_FORWARD = re.compile(
    r"(?:fwd?|wg|tr|rv|i|enc|doorst|vb|vs|videresend|vl|pd|i̇?lt|redir|转发|轉寄|轉發|転送|전달|הועבר|πρθ|trs|пересл)"
    rf"\.?{_COUNT}{_COLON}",
    re.IGNORECASE,
)
_BLOB = re.compile(r"\[[^\[\]]{0,200}\]\s*")
_TRAILER = re.compile(r"(?:\s*\(fwd\))+\s*\Z", re.IGNORECASE)
_WRAPPER = re.compile(r"\[fwd:", re.IGNORECASE)


def base_subject(subject: str) -> str:
    """`subject` without reply and forward words, list tags and their like; case is kept.

    "" where nothing stays.
    """
    return _stripped(subject)[0]


def is_reply(subject: str) -> bool:
    """Says whether the subject has the words of a reply or a forward (RFC 5256 section 2.1)."""
    return _stripped(subject)[1]


def is_forward(subject: str) -> bool:
    """Says whether the subject begins with the word of a forward."""
    return bool(_FORWARD.match(" ".join(subject[:MOST_CHARACTERS].split())))


def reply_subject(subject: str) -> str:
    """The subject of an answer: "Re: " and the subject as it is, unless it is a reply already."""
    text = " ".join(subject[:MOST_CHARACTERS].split())
    return text if not text or _refwd(text, 0) else f"Re: {text}"


def _stripped(subject: str) -> tuple[str, bool]:
    """The base subject, and whether anything but tags was taken off (RFC 5256 section 2.1, steps 1 to 6)."""
    text = " ".join(subject[:MOST_CHARACTERS].split())
    start, end, reply = 0, len(text), False
    while True:
        trailer = _TRAILER.search(text, max(start, end - 200), end)
        if trailer:
            end, reply = trailer.start(), True
        start, found = _leaders(text, start, end)
        reply = reply or found
        wrapper = _WRAPPER.match(text, start, end)
        if not (wrapper and text[end - 1 : end] == "]"):
            return text[start:end].strip(), reply
        start, end, reply = wrapper.end(), end - 1, True


def _leaders(text: str, start: int, end: int) -> tuple[int, bool]:
    """Where the text begins after all leaders and tags, and whether a reply or forward word was among them."""
    found = False
    while True:
        while text[start : start + 1] == " ":
            start += 1
        place = _after_blobs(text, start, end)
        word = _refwd(text, place, end) or _refwd(text, start, end)
        if word:
            start, found = word, True
            continue
        blob = _BLOB.match(text, start, end)
        if not blob or _WRAPPER.match(text, start) or blob.end() >= end:
            return start, found
        start = blob.end()


def _after_blobs(text: str, start: int, end: int) -> int:
    while blob := _BLOB.match(text, start, end):
        start = blob.end()
    return start


def _refwd(text: str, start: int, end: int | None = None) -> int:
    """Where a reply or forward word that begins at `start` ends, 0 where there is none."""
    limit = len(text) if end is None else end
    match = _REFWD.match(text, start, limit) or _ONE_LETTER.match(text, start, limit)
    return match.end() if match else 0
