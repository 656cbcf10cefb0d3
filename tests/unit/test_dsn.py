"""Bounces: the machine's report, the words of the systems that have none, and what is hard."""

import json

import pytest
from parley.threading import dsn
from parley.threading.bounce_reasons import is_dead, reply_status

NOTICE = "This is the mail system. Your message could not be delivered."


def report(
    groups: str, notice: str = NOTICE, copy: str = "Message-ID: <m.abc@reply.example>\r\nSubject: Pumps"
) -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        f"--b\r\n\r\n{notice}\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n{groups}\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{copy}\r\n\r\nHello\r\n--b--\r\n"
    ).encode()


def one(data: bytes) -> dsn.Failure:
    (failure,) = dsn.read(data)
    return failure


def test_a_report_names_recipient_status_and_action() -> None:
    failure = one(
        report(
            "Final-Recipient: rfc822; tom@acme.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 <tom@acme.example>: no\r\n such user here"
        )
    )
    assert failure == dsn.Failure(
        "tom@acme.example", "5.1.1", "failed", hard=True, diagnostic="550 5.1.1 <tom@acme.example>: no such user here"
    )


def test_each_recipient_by_itself_also_without_blank_lines_between() -> None:
    first = "Final-Recipient: rfc822; a@acme.example\r\nAction: failed\r\nStatus: 5.2.2\r\n"
    second = "Final-Recipient: rfc822; b@acme.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n"
    for gap in ("", "\r\n"):
        got = dsn.read(report(first + gap + second))
        assert [(f.recipient, f.action, f.hard) for f in got] == [
            ("a@acme.example", "failed", False),
            ("b@acme.example", "delayed", False),
        ]


def test_a_better_status_stands_in_the_remotes_words() -> None:
    groups = (
        "Final-Recipient: rfc822; a@acme.example\r\nAction: failed\r\nStatus: 5.0.0\r\n"
        "Diagnostic-Code: smtp; 550-5.1.1 gone\r\n"
    )
    assert one(report(groups)).status == "5.1.1"


def test_without_a_diagnosis_the_notice_for_people_counts() -> None:
    groups = "Final-Recipient: rfc822; a@acme.example\r\nAction: failed\r\nStatus: 5.0.0\r\n"
    assert one(report(groups, notice="The address couldn't be found.")).hard


def test_a_refusal_after_the_whole_mail_is_none_of_the_address() -> None:
    groups = (
        "Final-Recipient: rfc822; a@acme.example\r\nAction: failed\r\nStatus: 5.0.0\r\n"
        "Diagnostic-Code: smtp; 550 User unknown"
    )
    assert one(report(groups)).hard
    assert not one(report(groups, notice="said: 550 User unknown (in reply to end of DATA command)")).hard


def test_a_delivery_is_no_failure() -> None:
    failure = one(report("Final-Recipient: rfc822; a@acme.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n"))
    assert (failure.action, failure.hard) == ("delivered", False)


def test_a_wrong_boundary_hides_nothing() -> None:
    groups = "Final-Recipient: rfc822; a@acme.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    assert one(report(groups).replace(b"boundary=b", b"boundary=other")).recipient == "a@acme.example"


TEXTS = {
    "exim": """A message that you sent could not be delivered.

  tom@acme.example
    host mx.acme.example: 550 5.1.1 User unknown
""",
    "qmail": """I wasn't able to deliver your message.

<tom@acme.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 no such user
""",
    "sendmail": """   ----- The following addresses had permanent fatal errors -----
<tom@acme.example>
    (reason: 550 5.1.1 User unknown)
""",
    "domino": """Your message

  Subject: Pumps

was not delivered to:

  tom@acme.example

because:

  User tom not listed in Domino Directory
""",
    "exchange": """Your message

  To:      Tom
  Subject: Pumps

did not reach the following recipient(s):

tom@acme.example on Tue, 3 Mar 2026 08:05
    The recipient name is not recognized
""",
    "gateway": """Unable to deliver message to: <tom@acme.example>
mx.acme.example responded: 550 mailbox not found
""",
    "in one sentence": """mx.acme.example rejected recipient <tom@acme.example>. It said: [550 5.1.1 User unknown]
""",
    "the remote's answer only": """While talking to mx.acme.example:
>>> DATA
550 <tom@acme.example>... User unknown
""",
    "marked": """Delivery to the following recipients failed permanently:

   * tom@acme.example

550 no such user
""",
}
COPY = """
------ This is a copy of your message ------

Received: from x
From: buyer@reply.example
To: other@else.example
"""


@pytest.mark.parametrize("name", TEXTS)
def test_notices_for_people(name: str) -> None:
    head = "From: MAILER-DAEMON@mx.example\r\nTo: bounce-x@reply.example\r\nSubject: failure notice\r\n\r\n"
    failure = one((head + TEXTS[name] + COPY).encode())
    assert failure.recipient == "tom@acme.example"
    assert failure.action == "failed"
    assert failure.hard


def test_failed_recipients_in_the_header_choose_among_addresses() -> None:
    data = (
        b"From: daemon@mx.example\r\nX-Failed-Recipients: tom@acme.example,\r\n jan@acme.example\r\n\r\n"
        b"For help write to help@mx.example\n\n  tom@acme.example\n    550 5.1.1 no such user\n"
        b"  jan@acme.example\n    552 5.2.2 mailbox full\n"
    )
    assert [(f.recipient, f.hard) for f in dsn.read(data)] == [("tom@acme.example", True), ("jan@acme.example", False)]


def test_a_warning_is_no_failure_yet() -> None:
    data = (
        b"From: MAILER-DAEMON@mx.example\r\nSubject: Warning: message delayed 24 hours\r\n\r\n"
        b"Your message has not yet been delivered to:\n\n  tom@acme.example\n    Connection timed out\n"
    )
    failure = one(data)
    assert (failure.action, failure.hard) == ("delayed", False)


def test_the_copy_tells_the_recipient_where_the_notice_does_not() -> None:
    data = (
        b"From: MAILER-DAEMON@mx.example\r\nSubject: Undeliverable\r\n\r\nYour message could not be delivered.\n\n"
        b"Original message:\n\nFrom: buyer@reply.example\nTo: tom@acme.example\nSubject: Pumps\n"
    )
    assert one(data).recipient == "tom@acme.example"


def test_a_complaint_names_who_complained() -> None:
    data = (
        b"From: fbl@big.example\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
        b"--b\r\n\r\nThis is an abuse report.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        b"Feedback-Type: abuse\r\nOriginal-Rcpt-To: <tom@acme.example>\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <m.abc@reply.example>\r\n\r\nx\r\n--b--\r\n"
    )
    assert one(data) == dsn.Failure("tom@acme.example", "", "", hard=False)
    assert dsn.returned_ids(data) == ("m.abc@reply.example",)


def test_amazons_json() -> None:
    inner = {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bouncedRecipients": [
                {
                    "emailAddress": "tom@acme.example",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
        },
    }
    for body in (json.dumps(inner), json.dumps({"Type": "Notification", "Message": json.dumps(inner)})):
        failure = one(f"From: no-reply@sns.example\r\nSubject: AWS\r\n\r\n{body}\n--\nfooter\n".encode())
        assert (failure.recipient, failure.status, failure.hard) == ("tom@acme.example", "5.1.1", True)


def test_the_returned_id_is_that_of_the_mail_inside() -> None:
    data = report("Final-Recipient: rfc822; a@acme.example\r\nAction: failed\r\n")
    assert dsn.returned_ids(b"Message-ID: <own@mx.example>\r\n" + data) == ("m.abc@reply.example",)


def test_a_complaint_that_names_nobody_is_of_whom_the_mail_was_to() -> None:
    data = (
        b"From: staff@big.example\r\nSubject: complaint about message from 192.0.2.1\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nTo: tom@acme.example\r\nSubject: Pumps\r\n\r\nx\r\n--b--\r\n"
    )
    assert one(data).recipient == "tom@acme.example"


def test_an_absence_that_comes_to_the_return_path_and_names_a_colleague_is_no_failure() -> None:
    text = b"I am away. Urgent matters to jan@acme.example, he handles all deliveries.\r\n"
    for head in (
        b"From: Tom <tom@acme.example>\r\nReturn-Path: <>\r\nSubject: Automatic reply: Pumps",
        b"From: Tom <tom@acme.example>\r\nAuto-Submitted: auto-replied\r\nSubject: Away",
        b"From: Tom <tom@acme.example>\r\nSubject: Re: Pumps",
    ):
        assert dsn.read(head + b"\r\n\r\n" + text) == []


def test_a_humans_mail_speaks_of_no_failure() -> None:
    assert dsn.read(b"From: tom@acme.example\r\nSubject: Pumps\r\n\r\nHello\r\n") == []
    assert dsn.read(b"") == []


@pytest.mark.parametrize(
    ("status", "words", "dead"),
    [
        ("5.1.1", "", True),
        ("5.1.2", "", True),
        ("5.1.10", "", True),
        ("5.4.4", "", True),
        ("4.1.1", "user unknown", False),
        ("5.0.0", "550 no such user here", True),
        ("5.0.0", "Host or domain name not found", True),
        ("5.0.0", "Host not found, try again", False),
        ("5.0.0", "550 mailbox is full", False),
        ("5.2.2", "over quota", False),
        ("5.2.1", "550 5.2.1 User unknown", True),
        ("5.2.1", "mailbox disabled", False),
        ("5.7.1", "550 5.7.1 blocked by policy", False),
        ("5.1.8", "sender domain does not exist", False),
        ("5.0.0", "blocked: 203.0.113.1 is on a black list", False),
        ("5.0.0", "Empfänger unbekannt", True),
        ("5.0.0", "utilisateur inconnu", True),
        ("", "", False),
        # --- as systems say it, with and without a code
        (
            "5.1.1",
            "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking",
            True,
        ),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", True),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", True),
        ("5.7.1", "553 Invalid recipient tom@acme.example (Mode: normal)", True),  # the report's guess, plain words
        ("5.7.1", "550 5.7.1 No such user", False),  # the remote's own code: it may be a rule
        ("", "550 Message was not accepted, local mailbox is unavailable: user not found", True),
        ("", "550 This recipient is not in my validrcptto list", True),
        ("", "553 sorry, this recipient isn't in my list of valid recipients", True),
        ("", "550 Address invalid", True),
        ("5.1.0", "550 5.1.0 Address unknown", True),
        ("", "550 Utente non valido", True),
        ("", "550 L'adresse du destinataire n'existe pas", True),
        ("", "550 The mailbox has been closed", True),
        ("", "Unrouteable address", True),
        ("", "an MX or SRV record indicated no SMTP service", True),
        ("", "DNS lookup of acme.example responded with code NXDOMAIN", True),
        ("", "550 Verification failed for <a@b.example> 550 No such user here, Sender verify failed", False),
        ("5.7.26", "550-5.7.26 This mail is unauthenticated, which poses a security risk", False),
        ("5.7.1", "554 5.7.1 <tom@acme.example>: Relay access denied", False),
        ("", "552 Requested mail action aborted: exceeded storage allocation", False),
        ("5.4.6", "554 5.4.6 Hop count exceeded - possible mail loop", False),
        ("", "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)", False),
        ("", "550 User suspended", False),
    ],
)
def test_what_is_hard(status: str, words: str, dead: bool) -> None:
    assert is_dead(status, words) is dead


def test_the_status_with_a_reply_code_before_it_is_the_remotes_own() -> None:
    assert reply_status("5.1.0 unknown 550 5.7.1 access denied") == "5.7.1"
    assert reply_status("550 5.0.0 sorry (#5.2.2)") == "5.2.2"
    assert reply_status("nothing 192.0.2.5") == ""
