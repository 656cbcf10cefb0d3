"""The end of what was typed: signatures, the lines of telephones, notices of law, footers of lists."""

import pytest
from parley.tests.drawn import check, parse
from parley.threading import reply
from parley.threading.reply import Writer

BODIES = {
    "name and role below two dashes were set by their writer, how to reach him goes": """
+ Yes.
+
+ --
+ Tom Baker
+ ACME Robotics
s Tel. 12
s tom@acme.example
""",
    "nothing but a name below two dashes": """
+ Yes.
+ --
+ Tom Baker
""",
    "a drawn frame around the signature": """
+ Yes.
+ --
+ ------------------------------
+ *Tom Baker*
+ Sales & Service
s @ tom@acme.example
s Fax: on demand
s ------------------------------
""",
    "how to reach him comes first": """
+ Yes.
s --
s +33 4 76 00 00 00 Tom Baker
s ACME Robotics
""",
    "a long block below two dashes is a program's": """
+ Yes.
s --
s Tom Baker
s ACME Robotics
s Hall 4, stand 12
s Robots that lift
s Robots that stack
s Robots that weld
""",
    "a signature below the quote that tells how to reach him": """
+ Yes.
-
- On Tue, Mar 3, 2026 at 8:05 AM Marie Petit <buyer-a@reply.example> wrote:
- > In stock?
s
s --
s Tom Baker
s www.acme.example
""",
    "a name below the quote": """
+ Yes.
-
- On Tue, Mar 3, 2026 at 8:05 AM Marie Petit <buyer-a@reply.example> wrote:
- > In stock?
+
+ --
+ Tom Baker
+ Sales
""",
    "a telephone's line below two dashes": """
+ Yes.
s --
s Sent from my iPhone
""",
    "signature, then a quote": """
+ Yes.
+ --
+ Tom Baker
s tom@acme.example
-
- On Tue, Mar 3, 2026 at 8:05 AM Marie Petit <buyer-a@reply.example> wrote:
- > In stock?
""",
    "closing words and name were typed": """
+ Yes.
+
+ Mit freundlichen Grüßen
+ Tom Baker
""",
    "sent from a telephone": """
+ Yes.
s
s Sent from my iPhone
""",
    "sent from a telephone, Polish, without a blank line": """
+ Tak.
s Wysłane z iPhone'a
-
- buyer-a@reply.example wrote:
-
- > In stock?
""",
    "sent from a telephone, Outlook's link": """
+ Ja.
s
s Holen Sie sich Outlook für Android<https://aka.ms/AAb9ysg>
-
- ________________________________
- Von: Marie Petit <buyer-a@reply.example>
- Gesendet: Dienstag, 3. März 2026 08:05
- An: Tom Baker
- Betreff: Pumpen
""",
    "the telephone's line in the middle: what is typed below it stays": """
+ Yes, they are.
+
s Sent from my iPhone
+
+ PS: the price holds until May.
""",
    "legal notice": """
+ Yes.
+
+ Tom
d
d This e-mail is confidential and intended solely for the addressee. If you have received
d it in error, please notify the sender and delete it.
""",
    "legal notice in German between lines of stars": """
+ Ja.
d
d **********************************************
d Diese E-Mail ist vertraulich. Wenn Sie nicht der richtige Adressat sind, informieren
d Sie bitte den Absender.
d **********************************************
""",
    "footer of a mailing list": """
+ Yes.
d
d _______________________________________________
d pumps mailing list
d https://lists.example.org/listinfo/pumps
""",
    "warning of the reader's own company on top": """
d CAUTION: This message came from an EXTERNAL SENDER. Do not click links or open attachments.
+
+ Yes, they are in stock.
""",
    "a warning in two paragraphs below its label": """
d [EXTERNAL]
d
d Do not open attachments unless you know the sender.
+
+ Yes, they are in stock.
""",
    "a warning in Italian": """
d ATTENZIONE: questa e-mail proviene dall'esterno. Non cliccare sui link.
+
+ Sì.
""",
    "a provider's remark about a sender seldom seen": """
d Sie erhalten nicht häufig E-Mails von marie@buyer.example. Erfahren Sie, warum dies wichtig ist.
+
+ Ja.
""",
    "a signature below the last quote is no answer to it": """
+ > "delivery within 3 weeks"
+
+ We agree to that.
-
- On Tue, Mar 3, 2026 at 8:05 AM Marie Petit <buyer-a@reply.example> wrote:
- > In stock?
+
+ --
+ Tom Baker
+ ACME Robotics
""",
}


@pytest.mark.parametrize("name", BODIES)
def test_each_line_is_what_it_is(name: str) -> None:
    check(BODIES[name])


def test_where_nothing_is_quoted_nothing_decides() -> None:
    assert reply.split(parse(BODIES["closing words and name were typed"])[0], "plain").decided_by == "none"


def test_what_ended_an_earlier_mail_is_no_news() -> None:
    body = "Yes.\n\n-- \nTom Baker\nSales\ntom@acme.example\n"
    earlier = Writer("", ("No.\n\n-- \nTom Baker\nSales\ntom@acme.example\n",))
    assert reply.split_body(body).text == "Yes.\n\n-- \nTom Baker\nSales"
    assert reply.split_body(body, earlier).text == "Yes."
    assert reply.split_body(body, Writer("", ("No.\n",))).text == "Yes.\n\n-- \nTom Baker\nSales"


@pytest.mark.parametrize(
    ("below", "text"),
    [
        ("Sales\nTel. +33 4 76 00 00 00", "Yes.\n\nTom"),
        ("P.S. The part has the number 4711 0815 22, please check it.", None),
        ("The drawing is at https://acme.example/d as you wished it.", None),
    ],
)
def test_only_how_to_reach_him_goes_below_his_own_name(below: str, text: str | None) -> None:
    body = f"Yes.\n\nTom\n{below}\n"
    assert reply.split_body(body, Writer("Tom Baker")).text == (text or body.rstrip())
