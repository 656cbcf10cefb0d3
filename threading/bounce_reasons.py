"""Why a mail came back: is the address itself dead, so that no later mail can reach it?

Dead are an unknown user, an unknown host, a host that takes no mail, and an address given up. A full mailbox, a
refusal of the sender, of the content or of our server, and everything that may pass is not. The words of the
remote system count more than its code: half of the systems write 5.0.0, and many 5.1.1 for a refusal.
"""

import re

_SPACES = re.compile(r"[\s\-_]+")
_ENHANCED = re.compile(r"(?<![\d.])#?([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_ENHANCED = re.compile(r"[45]\d\d[ \-]{1,2}['\"#(]{0,2}([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-:,#\]]|$)")

# Statuses of RFC 3463, RFC 7505 and RFC 5248 that say it by themselves.
_DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"})

# What says that the trouble is another one, though the address may be named beside it.
_PASSING = (
    r"quota|mailbox (?:is )?full|(?:user|folder|recipient|account|box) (?:mail ?box )?(?:is |has )*(?:over|full)|"
    r"exceed\w*|disk full|insufficient (?:system )?(?:storage|resources|disk)|too (?:large|big|many|much|old)|"
    r"size limit|"
    r"max(?:imum)? (?:message )?size|"
    r"spam\b|spam[a-z]* (?:message|content|detected|filter)|\bjunk mail|bulk mail|unsolicited|\bvirus|malware|infected|"
    r"black ?list|block ?list|blocked|blocking|\brbl\b|dnsbl|spamhaus|spamcop|reputation|throttl|rate limit|"
    r"grey ?list|gray ?list|reverse dns|\bptr\b|\bspf\b|\bdkim\b|\bdmarc\b|unauthenticated|"
    r"authenticat\w+ (?:is )?required|"
    r"starttls|policy|content rejected|relay\w* (?:access )?(?:is )?(?:denied|not|prohibited|refused)|"
    r"not allowed to relay|"
    r"unable to relay|cannot relay|relaying|no relay|"
    r"access denied|not authori[sz]ed|not permitted|permission|forbidden|must be a member|not a member|"
    r"sender(?: address| domain| email)?(?: was| is)? (?:rejected|denied|blocked|invalid|unknown)|"
    r"domain of sender|sender domain|(?:verify|verification of) (?:the )?sender|invalid sender|mail from|"
    r"disabled|suspend\w*|inactive|deactivat\w*|locked|on hold|"
    r"time ?out|timed out|expired|delayed|deferred|try again|temporar\w+|retries|too long|hop count|loop|"
    r"connection (?:refused|reset|lost|closed|dropped)|could not connect|unable to connect|not reach\w*|unreachable|"
    r"unexpected name server|no route|greylisted|service (?:is )?(?:currently )?unavailable|preferences|"
    r"does not accept mail from"
)
_GONE = (
    r"user (?:is |was )?(?:\S+ )?(?:unknown|not (?:found|known|exist\w*))|(?:unknown|invalid|no such|bad|"
    r"nonexistent|non existent) "
    r"(?:local |final |delivery |e ?mail |mail |recipient |destination |mailing list |remote )*"
    r"(?:user\w*|recipient\w*|address\w*|mailbox\w*|account\w*|mail ?drop|person|alias|virtual|local part|host|"
    r"domain|destination)|"
    r"unrouteable address|unroutable address|unknown to (?:this|the) system|"
    r"(?:user|recipient|address|mailbox|account|addressee|person|alias|domain|host|name)(?: \S+){0,6}? "
    r"(?:does ?n[o']t|doesn t|do not|did not|not|no longer|n'existe) (?:exist\w*|found|known|valid|recogni[sz]ed|"
    r"be found|active here|listed)|"
    r"(?:user|recipient|address|mailbox|account|alias|utente|destinatario) (?:is )?(?:invalid|unknown|non valid\w*)|"
    r"(?:not|isn['’]?t) in my (?:\w+ ){0,4}(?:validrcptto|recipients?|users?|list)|n['’]existe pas|"
    r"(?:has been|was|is) (?:deleted|removed|closed|terminated|cancelled)|"
    r"not listed in|is not recogni[sz]ed|not a (?:valid|known) (?:user|recipient|mailbox|address)|not our customer|"
    r"no (?:mailbox|account|person|one) (?:here|by|with|named)|no valid recipient|no users? here|"
    r"not a valid (?:user|recipient|mailbox)|"
    r"doesn'?t have an? \S+ account|does not have an? \S+ account|this user doesn'?t|"
    r"no longer (?:\S+ ){0,4}(?:here|available|exists?|valid|in use|accept\w*|active|on server|work\w*)|"
    r"(?:has|have|had) (?:been )?moved|user (?:has )?left|address change|"
    r"recipient (?:address )?(?:is )?(?:invalid|unknown|not found)|mailbox (?:is )?(?:unavailable|not found|invalid)|"
    r"(?:host|domain|name|server)(?: or domain name)?(?: \S+){0,6}? not (?:be )?found|host unknown|domain unknown|"
    r"unknown host|"
    r"(?:could ?n[o']t|cannot|can not|can'?t) be found|"
    r"bad destination|(?:can'?t|couldn'?t|cannot|could not|unable to) (?:find|resolve|look ?up|locate)|"
    r"non ?existent|nxdomain|no (?:mx|such domain|such host|smtp service)|domain is not reachable|"
    r"name or service not known|"
    r"(?<!sender )(?<!recipient )address rejected|illegal (?:host|user)|null ?mx|not accept\w* (?:e?mail|any mail|"
    r"mail)|does not accept any|check (?:if|that) (?:the )?address is correct|"
    r"destinataire inconnu|utilisateur inconnu|adresse inconnue|adresse d au moins un destinataire invalide|"
    r"empf(?:ä|ae)nger unbekannt|unbekannter (?:benutzer|empf)|benutzer unbekannt|existiert nicht|"
    r"usuario desconocido|no existe|utente sconosciuto|non esiste|usu[aá]rio desconhecido|não existe|"
    r"пользователь не найден|не существует|недоступен|"
    r"找不到|不存在|無此使用者|見つかりません|存在しません|사용자를 찾을 수"
)
_PASSING_WORDS = re.compile(_PASSING, re.IGNORECASE)
# Whatever else is said: it will pass, or it is the sender who is not known.
_NOT_THIS = re.compile("(?<!and )try again|temporar|again later|sender verif", re.IGNORECASE)
# Plain enough to count even under a status that speaks of a rule.
_NO_SUCH_USER = re.compile(
    r"(?:no such|unknown|invalid) (?:user|recipient|mailbox)|(?:user|recipient|mailbox|account) "
    r"(?:is )?(?:unknown|not found|invalid|does not exist|doesn['’]?t exist)",
    re.IGNORECASE,
)
# RFC 7505, and how Microsoft says that there is no such user; both come under statuses that say something else.
_TAKES_NO_MAIL = re.compile(
    "host does not accept mail|indicated no smtp service|null mx|recipient address rejected: access denied",
    re.IGNORECASE,
)
_GONE_WORDS = re.compile(_GONE, re.IGNORECASE)


def is_dead(status: str, diagnostic: str) -> bool:
    """The address itself is dead, by the status (RFC 3463) and the remote's words. Linear."""
    words = _SPACES.sub(" ", diagnostic[:2000])
    told = reply_status(words)
    own = told or status
    if _TAKES_NO_MAIL.search(words):
        return not own.startswith("4.")
    if own.startswith(("4.", "2.", "5.2.0", "5.2.2", "5.2.3")) or "end of data" in words.lower():
        return False  # a full mailbox; and who refuses only after the whole mail had accepted the address
    gone, passing = _GONE_WORDS.search(words), _PASSING_WORDS.search(words)
    if own.startswith("5.7."):  # from a report alone it is a guess about words that may be plain
        return not told and not passing and not _NOT_THIS.search(words) and bool(_NO_SUCH_USER.search(words))
    if gone and not _NOT_THIS.search(words) and (not passing or gone.start() < passing.start()):
        return own not in ("5.1.7", "5.1.8")  # those speak of the sender
    return not passing and own in _DEAD


def says_something(words: str) -> bool:
    """The words hold a code or a reason, so that no other part of the notice is needed."""
    return bool(
        _REPLY.search(words) or _ENHANCED.search(words) or _GONE_WORDS.search(words) or _PASSING_WORDS.search(words)
    )


def reply_status(diagnostic: str) -> str:
    """The enhanced status in the remote's words, "" where there is none but x.0.0."""
    for pattern in (_REPLY_ENHANCED, _ENHANCED):  # the remote's own answer has its code before it
        for match in pattern.finditer(diagnostic[:4000]):
            if not match[1].endswith(".0.0"):
                return match[1]
    return ""


def reply_code(diagnostic: str) -> str:
    """The SMTP reply code in the remote's words, "" where there is none."""
    found = _REPLY.search(diagnostic[:4000])
    return found[1] if found else ""
