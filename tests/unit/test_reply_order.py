"""Answers above, below and between what is quoted; and what people write that only looks like a quote."""

import pytest
from parley.tests.drawn import check

BODIES = {
    # --- order of question and answer
    "answer below the quote": """
- On Tue, Mar 3, 2026 at 8:05 AM Marie Petit <buyer-a@reply.example> wrote:
- > In stock?
+
+ Yes, they are.
""",
    "answer around the quote": """
+ Short answer first.
- On Tue, Mar 3, 2026 at 8:05 AM Marie Petit <buyer-a@reply.example> wrote:
- > In stock?
+
+ Yes, and here is the long one.
""",
    "answers between the quoted lines stay with what they answer": """
+ On Tue, Mar 3, 2026 at 8:05 AM Marie Petit <buyer-a@reply.example> wrote:
+ > How many?
+ Twenty.
+
+ > At what price?
+ 1,250 EUR.
-
- > Regards
- > Marie
""",
    "a citation without an introduction": """
+ > "delivery within 3 weeks"
+
+ We agree to that.
""",
    "a quoted line that was wrapped on the way": """
+ Yes.
-
- On Tue, Mar 3, 2026 at 8:05 AM Marie Petit <buyer-a@reply.example> wrote:
- > We would like to know whether the pumps that you have shown us are still in
- stock this week
- > and at what price.
""",
    "s-nail and mailx: a tab before each line, also the blank ones": """
- "Petit GmbH via Market" <buyer-a@reply.example> wrote:
-
- \tDo you have them?
- \t
- \tMarie
+ Yes, they are in stock.
""",
    "a tab before each line, the blank ones bare": """
- Marie Petit <buyer-a@reply.example> wrote:
-
- \tDo you have them?
-
- \tMarie
+ Yes, they are in stock.
""",
    "initials before each line, answered in between": """
+ On Tue, 3 Mar 2026, Marie Petit wrote:
+
+ MP> Do you have them?
+ Yes.
+
+ MP> At what price?
+ 1,250 EUR.
""",
    "a colon before each line": """
- Marie Petit wrote on 3 March 2026:
- : Do you have them?
- : And seals?
+
+ Both are in stock.
""",
    "indented below its attribution, the answer below": """
- On Tue, Mar 3, 2026 at 8:05 AM Marie Petit <buyer-a@reply.example> wrote:
-
-     Do you have them?
-     And seals?
-
+ Both are in stock.
""",
    # --- what must not be taken for a quote
    "a warning about a valve is no banner": """
+ Caution: do not open the valve before the external source of water is closed.
+
+ The manual is attached.
""",
    "a message on a display is no banner": """
+ The message on the external display is a warning: do not open the tank.
+
+ Please send somebody.
""",
    "a journey is no header block": """
+ From: Hamburg
+ To: Lyon
+ Date: 12 March 2026
+
+ Can you ship on that way?
""",
    "an appointment is no header block": """
+ Date: 3 March 2026
+ Time: 9:30
+ Address: 130 Fox St
+
+ See you there.
""",
    "a sentence with a date and a colon": """
+ We checked the invoice of 12/05/2026, as your colleague wrote:
+ twenty pumps were ordered, nineteen came.
""",
    "a sentence with date, time, address and colon": """
+ We met on 3 March 2026 at 10:00 with bob@acme.example and agreed on this:
+ twenty pumps, three weeks.
""",
    "a sentence with an address and the verb": """
+ As my colleague bob@acme.example wrote:
+ the seals come free of charge.
""",
    "a sentence with the verb and a far date": """
+ Please see what the engineer who visited you on the 12th of May 2026 in the afternoon wrote:
+ the seals leak.
""",
    "a table with dates and addresses": """
+ 12.05.2026 08:00 bob@acme.example: visit
+ 13.05.2026 09:00 jan@acme.example: offer
+ Please confirm both.
""",
    "a sentence about telephones": """
+ The notification was sent from my iPhone app to all users.
+
+ Sent from my desk, it is much easier than from my telephone.
""",
    "nothing but an introduction and a text without marks": """
+ On Tuesday, March 3, 2026 at 8:05 AM Marie wrote:
+ the pump leaks. We have seen it, it does.
""",
    "nothing but marked lines": """
+ > Twenty pumps, please.
+ > To Hamburg.
""",
    "dates and addresses in the text": """
+ The pump was installed on 12.05.2024 at 10:30. Contact: service@acme.example
+ Its number is 4711.
""",
    "prices set off by a tab below a date": """
+ Our prices, as our office wrote on 12.05.2026:
+
+ \tX-200  1,250
+ \tX-300  1,450
+
+ They hold until May.
""",
    "an address set off below a colon": """
+ Please send them to:
+
+     ACME Robotics
+     130 Fox St
+
+ We pay the freight.
""",
    "code with arrows": """
+ Run this:
+
+ >>> >>>  http://www.acme.example <<<
+
+ and tell me what you see.
""",
    "a list with a drawn line": """
+ Item        Price
+ -----------------
+ Pump X-200  1,250
+ Seal           12
+
+ Prices hold until May.
""",
    "somebody tells what another wrote": """
+ Hello,
+
+ as Anna wrote on 3.3.2026:
+
+ prices hold until May.
+
+ So please confirm.
""",
    "the same in German": """
+ Hallo,
+
+ wie Frau Weber am 3.3.2026 schrieb:
+
+ Die Preise gelten bis Mai.
""",
    "the same in French": """
+ Bonjour,
+
+ Comme M. Petit a écrit le 3 mars 2026 :
+
+ les prix sont fermes.
""",
    "a transport with the words of a header block": """
+ Hello,
+
+ From: Hamburg
+ To: Lyon
+ Date: 3 March 2026
+ Subject: 12 pallets
+
+ Please quote the transport.
""",
    "the head of a letter": """
+ To whom it may concern,
+
+ Subject: delivery
+ Date: 3.3.2026
+ From: ACME
+
+ We deliver on Monday.
""",
    "two dashes between two topics": """
+ Hello,
+
+ --
+
+ Next topic: the seals.
+ They are late by three weeks now.
+ Please hurry up, we need them on Monday.
+ The line stands still.
+ Thanks a lot in advance.
+ Tom
""",
    "somebody speaks of our marker": """
+ I do not understand what is meant by Please write your reply above this line, as I see no line at all.
+ Can you help?
""",
}


@pytest.mark.parametrize("name", BODIES)
def test_each_line_is_what_it_is(name: str) -> None:
    check(BODIES[name])
