"""The warning that the reader's own company puts above mail from outside: known by what it says of the mail itself.

Three things are told together, in one paragraph at the very top: this mail, from outside, and what not to do. One alone
is what people write about valves and catalogues.
"""

import re
from collections.abc import Sequence

from .phrases import Phrases

_MOST_CHARACTERS = 700
_MOST_LINES = 6
_MOST_PARAGRAPHS = 3

_MAIL = (
    r"e-?mails?|mails?|messages?|nachricht|courriel|correo|mensaje|messaggio|mensagem|bericht|письмо|сообщение|"
    r"邮件|郵件|メール"
)
_OUTSIDE = (
    r"external|outside|extern[aeor]?[nrms]?\b|außerhalb|ausserhalb|extérieur|exterior|fuera|estern[oai]|dall['’]esterno|"
    r"fora d|buiten|внешн|извне|外部|社外"
)
_CAME = (
    r"originat|\bfrom\b|\bsent\b|came|comes|received|stammt|kommt|\bvon\b|gesendet|provient|envoyé|origin|provien|"
    r"enviad|inviat|получен|отправлен|пришло|поступил|来自|來自|komt|afkomstig"
)
_FROM_OUTSIDE = re.compile(
    rf"(?:{_MAIL}).{{0,40}}?(?:{_CAME}).{{0,40}}?(?:{_OUTSIDE})|メールは(?:社外|外部)|"
    rf"(?:{_OUTSIDE})[ :\]\-】]{{0,3}}(?:{_MAIL}|sender|absender|отправител)"
)
_ACTS = Phrases(
    "caution", "warning", "beware", "be careful", "do not (?:click|open|reply)", "don['’]t (?:click|open|reply)",
    "never (?:click|open|reply)", "suspicious", "before you click",
    "outside (?:of )?(?:your|the|our) (?:organi[sz]ation|company)",
    "vorsicht", "achtung", r"keine\b.{0,60}(?:klick|öffne|anhänge|links)",
    r"nicht\b.{0,60}(?:klick|öffne|anhänge|links)",
    "attention", "prudence", "ne cliquez", "n['’]ouvrez", "cliquez pas",
    "precauci", "cuidado", "no (?:haga clic|abra|pulse)", "attenzione", "non (?:cliccare|aprire)", "atenção",
    "não (?:clique|abra)", "внимание", "осторожн", "не (?:открывайте|переходите|нажимайте)", "let op", "klik niet",
    "注意", "请勿", "請勿", "クリックしない",
)  # fmt: skip
_THINGS = re.compile(
    r"links?\b|attachments?|anhänge|anhang|pièces? jointes?|liens?\b|enlaces|adjuntos|allegati|anexos|вложени|ссылк|"
    r"附件|链接|連結|添付|リンク"
)
# What one big provider writes about a sender it has not seen often.
_SELDOM = Phrases(
    "you don['’]t often get email from", "sie erhalten nicht (?:häufig|oft) e-?mails? von",
    "vous n['’]obtenez pas souvent d['’]e-?mail", "no suele recibir correos? electrónicos? de",
    "non si ricevono spesso messaggi", "você não costuma receber emails? de", "вы нечасто получаете",
    "u ontvangt niet vaak e-mail van", "您通常不会收到来自", "から.{0,20}メールを受け取ることはあまり",
)  # fmt: skip
_LABEL = re.compile(
    r"\W*(?:external|extern|externe|esterno|externo|"
    r"(?:external|externe[rsn]?|esterno|externo) (?:sender|e-?mail|mail|message|absender|nachricht)|"
    r"(?:expéditeur|courriel|message) externe|(?:remitente|correo|remetente|e-?mail) externo|mittente esterno|"
    r"внешн\w{1,4} (?:отправитель|почта|письмо)|外部邮件|外部郵件|外部メール|社外メール)\W*"
)


def banner_end(texts: Sequence[str]) -> int:
    """The number of lines at the top that are such a warning."""
    end = 0
    labelled = False
    for _ in range(_MOST_PARAGRAPHS):
        start = next((place for place in range(end, len(texts)) if texts[place].strip()), len(texts))
        stop = start
        while stop < min(len(texts), start + _MOST_LINES) and texts[stop].strip():
            stop += 1
        words = " ".join(" ".join(text[:_MOST_CHARACTERS].split()) for text in texts[start:stop]).lower()
        if not words or len(words) > _MOST_CHARACTERS or not (_is_banner(words) or (labelled and _goes_on(words))):
            return end
        end, labelled = stop, True
    return end


def _is_banner(words: str) -> bool:
    if _SELDOM.found_in(words) or (_ACTS.found_in(words) and _FROM_OUTSIDE.search(words)):
        return True
    return _LABEL.fullmatch(words) is not None


def _goes_on(words: str) -> bool:
    """What not to do, in a paragraph of its own below the label."""
    return bool(len(words) < 300 and _ACTS.found_in(words) and _THINGS.search(words))
