"""The fixed subjects and senders of mail systems: absences, bounces, read receipts.

A subject counts only where it begins with the fixed words, and these stand alone or before a colon: people
write about offices, deliveries and replies too.
"""

import re

_AFTER = (
    r"(?:\s*[:：\-–—(\[!.]|\s*$|\s+(?:re|aw|from|de|von|auto|until|till|through|bis|jusqu[’']\w+|hasta|fino|até)\b)"
)
_ABSENCE = (
    # English
    r"auto(?:matic|mated)?[ -]?(?:reply|response|responder|answer)|"
    r"out[ -]of[ -](?:the[ -])?office(?: auto ?reply| reply| message| notice| notification)?|"
    r"auto: .{0,120}(?:out of (?:the )?office|vacation|absent|away)|(?:vacation|holiday|absence) (?:reply|"
    r"response|notice|message)|"
    r"ooo(?=\s*:)|i(?: a|[’']?)m (?:currently )?(?:out of (?:the )?office|on (?:vacation|leave|holiday))|"
    r"away from (?:the |my )?(?:office|mail)|"
    # German
    r"auto(?:matische)?[ -]?antwort|automatische r[üu]ckantwort|abwesenheits(?:notiz|nachricht|meldung|"
    r"benachrichtigung|assistent)|abwesend|"
    r"abwesenheit|nicht im (?:büro|hause)|urlaubs(?:benachrichtigung|meldung|notiz)|"
    r"ich bin (?:derzeit |zurzeit |zur zeit )?(?:im urlaub|abwesend|nicht im (?:büro|hause))|"
    # French
    r"r[ée]ponse (?:automatique|auto)(?: d[’']absence)?|message automatique|je suis (?:actuellement )?absente?|"
    r"absence du bureau|message d[’']absence|absent(?:e)? du bureau|"
    # Spanish, Portuguese, Italian
    r"respuesta autom[áa]tica|fuera de (?:la )?oficina|ausente de la oficina|"
    r"resposta autom[áa]tica|ausência tempor[áa]ria|fora do escrit[óo]rio|"
    r"risposta automatica|assente dall[’']ufficio|fuori (?:sede|ufficio)|assenza dall[’']ufficio|"
    # Russian, Chinese, Japanese
    r"автоматический ответ|автоответ\w*|вне офиса|нет на рабочем месте|"
    r"(?:休假|外出|度假)?自动(?:答复|回复)|自動(?:回覆|回應|答覆)|不在办公室|外出|自動(?:応答|返信|回答)|不在(?:通知|のお知らせ)|"
    # Dutch, Nordic, Polish, Czech, Hungarian, Turkish, Finnish, Greek, Korean, Romanian, Ukrainian, Arabic, Hebrew
    r"automatisch (?:antwoord|bericht)|afwezig(?:heids\w*)?|niet aanwezig|"
    r"autosvar|automatisk(?:t)? svar|frånvaro\w*|fraværs?\w*|ikke til stede|"
    r"automatyczna odpowied[źz]|odpowied[źz] automatyczna|autoodpowied[źz]|nieobecno[śs][ćc]\w*|"
    r"automatick[áa] odpov[ěe][ďd]|nepřítomn\w*|mimo kancelář|poza biurem|"
    r"automatikus v[áa]lasz|házon kívül|otomatik yan[ıi]t|ofis dışında|"
    r"automaattinen vastaus|poissa|αυτόματη απάντηση|εκτός γραφείου|자동 ?(?:회신|응답)|부재 ?중|răspuns automat|"
    r"автоматична відповідь|رد تلقائي|الرد التلقائي|תשובה אוטומטית|מענה אוטומטי"
)
_ABSENT = re.compile(
    r"^[^:]{1,60}:\s*out of (?:the )?office(?: auto ?reply| reply| message)?$|"
    r"^.{1,120}\b(?:is|am|will be) (?:currently |now )?out of (?:the )?office\.?(?:\s*\([^()]{1,80}\))?$",
    re.IGNORECASE,
)
_BOUNCE = (
    r"undeliver(?:ed|able)\b|(?:mail|message) (?:could not be|not|was not|cannot be) delivered|returned (?:mail|"
    r"message|to sender)|"
    r"(?:mail|message|e-?mail)? ?deliver(?:y|ing)(?: status)?(?: has)? (?:notification|failed|failure|problem|"
    r"error|report|delayed|incomplete)|"
    r"you (?:\S{1,80} )?are not (?:a )?(?:member|allowed)|"
    r"failure notice|failed delivery|failure delivery|failed mail|delivery (?:failure|error|status|delayed|"
    r"report)|mail failure|mail system error|"
    r"(?:permanent|temporary) delivery failure|could not deliver|delayed mail|warning: (?:message|could not send)|"
    r"rejected:|"
    r"there was an error sending your mail|message (?:delivery )?(?:has )?(?:failed|delayed)|"
    r"sorry, your message could not be delivered|"
    r"nondeliverable|non[ -]delivery|unzustellbar|unzustellbare|nicht zugestellt|zustellung (?:fehlgeschlagen|"
    r"der nachricht)|fehler bei der zustellung|"
    r"non remis|message non distribu|échec de (?:la )?remise|non distribuable|no se puede entregar|no entregado|"
    r"devuelto|"
    r"impossibile recapitare|mancato recapito|messaggio non recapitato|não (?:é possível )?entregue?|"
    r"não foi possível entregar|"
    r"не доставлен|не удается доставить|недоставленное|ваше сообщение не доставлено|"
    r"无法投递|系统退信|退信|配信不能|配送エラー|送信エラー|"
    r"niet te bezorgen|onbestelbaar|kan inte levereras|ikke leveret|niedostarczon\w*|배달되지 않음"
)
_RECEIPT = (
    r"read(?: receipt)?:|read receipt|(?:was )?read:|gelesen:|lesebestätigung|lu(?:e)? ?:|accusé de (?:réception|"
    r"lecture)|leído:|lido:|letto:|"
    r"прочитано:|已读:|已讀:|開封済み:|开封|gelezen:|läst:|lest:|læst:|przeczytano|delivered:|return receipt"
)
_ABSENCE_WORDS = re.compile(
    rf"^(?:\[[^\]]{{0,60}}\]\s*)?(?:{_ABSENCE}){_AFTER}|^[\[【(（]\s*(?:{_ABSENCE})\s*[\]】)）]", re.IGNORECASE
)
_BOUNCE_WORDS = re.compile(rf"^(?:\[[^\]]{{0,60}}\]\s*)?(?:{_BOUNCE})", re.IGNORECASE)
_COMPLAINT_WORDS = re.compile(r"complaint about message from|abuse report", re.IGNORECASE)
_RECEIPT_WORDS = re.compile(rf"^(?:{_RECEIPT})", re.IGNORECASE)


_DAEMON = re.compile(
    r"\b(?:mailer-daemon|mail-daemon|postmaster|mail\.delivery\.system)\b|"
    r"mail delivery (?:sub)?system|mail system|microsoft outlook@",
    re.IGNORECASE,
)


def is_daemon(sender: str) -> bool:
    """The From of a mail system."""
    return bool(_DAEMON.search(sender[:998]))


def is_absence(subject: str) -> bool:
    """The subject of an automatic answer, as Exchange, Notes and their like write it without saying so elsewhere."""
    text = _clean(subject)
    return bool(_ABSENCE_WORDS.match(text) or _ABSENT.match(text))


def is_bounce(subject: str) -> bool:
    """The subject of a bounce."""
    return bool(_BOUNCE_WORDS.match(_clean(subject)))


def is_complaint(subject: str) -> bool:
    """The subject of a complaint that is no report of RFC 5965."""
    return bool(_COMPLAINT_WORDS.match(_clean(subject)))


def is_receipt(subject: str) -> bool:
    """The subject of a read receipt."""
    return bool(_RECEIPT_WORDS.match(_clean(subject)))


def _clean(subject: str) -> str:
    return " ".join(subject[:500].replace("‘", "'").split()).strip("*\"' ")
