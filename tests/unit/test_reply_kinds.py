"""Golden bodies, one for each kind met. The first character of a line tells what it is:

+ typed now   - quoted   s signature   d disclaimer   (and a blank line belongs to either side)
"""

import pytest
from parley.threading import reply

NAMES = {"+": "text", "-": "quoted", "s": "signature", "d": "disclaimer"}

BODIES = {
    # --- attribution lines, each in the manner of one program
    "gmail, English": """
+ Yes, twenty pumps are in stock.
-
- On Tue, Mar 3, 2026 at 8:05 AM Marie Petit <buyer-a@reply.example> wrote:
-
- > Do you have twenty pumps?
""",
    "gmail, English, wrapped behind the opening bracket": """
+ Yes, they are.
-
- On Tue, Mar 3, 2026 at 8:05\u202fAM A very long company name that wraps <
- buyer-abcdefghkmnprstu@reply.example> wrote:
-
- > Are they in stock?
""",
    "gmail, French": """
+ Bonjour, oui.
-
- Le mar. 3 mars 2026 à 08:05, Marie Petit <buyer-a@reply.example> a écrit :
-
- > Avez-vous vingt pompes ?
""",
    "gmail, German, name first and wrapped": """
+ Ja, gern.
-
- Marie Petit <buyer-a@reply.example> schrieb am Di., 3.
- März 2026 um 08:05 Uhr:
-
- > Haben Sie zwanzig Pumpen?
""",
    "gmail, Russian, no verb": """
+ Да, есть.
-
- вт, 3 мар. 2026 г. в 08:05, Marie Petit <buyer-a@reply.example>:
-
- > Есть насосы?
""",
    "gmail, Japanese, no verb": """
+ はい、ございます。
-
- 2026年3月3日(火) 8:05 Marie Petit <buyer-a@reply.example>:
-
- > 在庫はありますか。
""",
    "gmail, Chinese, name first": """
+ 有货。
-
- Marie Petit <buyer-a@reply.example>于2026年3月3日 周二08:05写道：
-
- > 有货吗？
""",
    "gmail, Korean": """
+ 네, 있습니다.
-
- 2026년 3월 3일 (화) 오전 8:05, Marie Petit <buyer-a@reply.example>님이 작성:
-
- > 재고가 있습니까?
""",
    "gmail, Spanish": """
+ Sí, los tenemos.
-
- El mar, 3 mar 2026 a las 8:05, Marie Petit (<buyer-a@reply.example>) escribió:
-
- > ¿Tienen bombas?
""",
    "gmail, Italian": """
+ Certo.
-
- Il giorno mar 3 mar 2026 alle ore 08:05 Marie Petit <buyer-a@reply.example>
- ha scritto:
-
- > Le avete?
""",
    "apple mail, whole attribution inside the quote marks": """
+ We have them.
-
- > On 3 Mar 2026, at 08:05, Marie Petit <buyer-a@reply.example> wrote:
- >
- > Do you have them?
""",
    "thunderbird, no address": """
+ Ja.
-
- Am 03.03.26 um 08:05 schrieb Marie Petit:
- > Haben Sie sie?
""",
    "roundcube": """
+ Ja.
-
- Op 2026-03-03 08:05, schreef Marie Petit:
-
- > Heeft u ze?
""",
    "yahoo, indented, quote without marks": """
+ Yes.
-
-     On Tuesday, March 3, 2026 at 08:05:11 AM GMT+1, Marie Petit <buyer-a@reply.example> wrote:
-
-  Do you have them?
""",
    "yandex": """
+ Да.
-
- 03.03.2026, 08:05, "Marie Petit" <buyer-a@reply.example>:
-
- > Есть?
""",
    "zoho, dashes around": """
+ Yes.
-
- ---- On Tue, 03 Mar 2026 08:05:30 +0100 Marie Petit <buyer-a@reply.example> wrote ----
-
- Do you have them?
""",
    "lotus, name and time only, above a marked quote": """
+ Yes.
-
- Marie Petit @ 2026-03-03 08:05 CET:
-
- > Do you have them?
""",
    "a language nobody has listed": """
+ Naam.
-
- Tarehe 03/03/2026 08:05, Marie Petit aliandika:
- > Mnazo?
""",
    "Swedish": """
+ Ja.
-
- Den tis 3 mars 2026 kl 08:05 skrev Marie Petit <buyer-a@reply.example>:
-
- > Har ni dem?
""",
    "Polish, name first": """
+ Tak.
-
- Wiadomość napisana przez Marie Petit <buyer-a@reply.example> w dniu 3 mar 2026, o godz. 08:05:
-
- > Czy są?
""",
    "Turkish, verb last": """
+ Var.
-
- Marie Petit <buyer-a@reply.example>, 3 Mar 2026 Sal, 08:05 tarihinde şunu yazdı:
-
- > Var mı?
""",
    "Arabic": """
+ نعم
-
- في الثلاثاء، ٣ مارس ٢٠٢٦ في ٨:٠٥ ص تمت كتابة ما يلي بواسطة Marie Petit <buyer-a@reply.example>:
-
- > هل لديكم؟
""",
    "only an address and a verb": """
+ Yes.
-
- buyer-a@reply.example wrote:
-
- > In stock?
""",
    "blank lines inside the address": """
+ Yes.
-
- On Tue, 3 Mar 2026 at 08:05 Marie Petit
-
- <
- mailto:Marie Petit <buyer-a@reply.example>
- > wrote:
-
- In stock?
""",
    "quoted-printable not undone": """
+ Yes.
-
- On Tue, Mar 3, 2026 at 8:05=E2=80=AFAM Marie Petit <buyer-a@reply.example> w=
- rote:
-
- > In stock?
""",
    # --- header blocks
    "outlook on the desktop": """
+ Please find our price below.
+
+ Kind regards
+ Tom Baker
-
- From: Marie Petit <buyer-a@reply.example>
- Sent: Tuesday, March 3, 2026 8:05 AM
- To: Tom Baker <tom@acme.example>
- Subject: Pumps
-
- Do you have them?
""",
    "outlook on the web, with its line": """
+ Ja.
-
- ________________________________
- Von: Marie Petit <buyer-a@reply.example>
- Gesendet: Dienstag, 3. März 2026 08:05
- An: Tom Baker
- Betreff: Pumpen
-
- Haben Sie sie?
""",
    "outlook without addresses": """
+ Oui.
-
- De : Marie Petit
- Envoyé : mardi 3 mars 2026 08:05
- À : Tom Baker
- Objet : Pompes
-
- Bonjour
""",
    "outlook, original message": """
+ Sí.
-
- -----Mensaje original-----
- De: Marie Petit <buyer-a@reply.example>
- Enviado el: martes, 3 de marzo de 2026 8:05
- Para: Tom Baker
- Asunto: Bombas
-
- ¿Tienen?
""",
    "header block in bold": """
+ Yes.
-
- *From:* Marie Petit <buyer-a@reply.example>
- *Sent:* Tuesday, March 3, 2026 8:05 AM
- *To:* Tom Baker
- *Subject:* Pumps
-
- Hello
""",
    "header block in Japanese": """
+ はい。
-
- 差出人: Marie Petit <buyer-a@reply.example>
- 送信日時: 2026年3月3日 8:05
- 宛先: Tom Baker
- 件名: ポンプ
-
- 在庫は？
""",
    "header block of an unlisted language below a drawn line": """
+ Naam.
-
- ________________________________
- Kutoka: Marie Petit <buyer-a@reply.example>
- Ilitumwa: 3 Machi 2026 08:05
- Kwa: Tom Baker
- Mada: Pampu
-
- Mnazo?
""",
    "header block marked line by line, answer below": """
- -----Original Message-----
- > From: Marie Petit <buyer-a@reply.example>
- > Subject: Pumps
- >
- > In stock?
+
+ Yes, they are.
""",
    # --- forwards
    "forwarded by gmail": """
+ Jan, please answer.
-
- ---------- Forwarded message ---------
- From: Marie Petit <buyer-a@reply.example>
- Date: Tue, Mar 3, 2026 at 8:05 AM
- Subject: Pumps
- To: <tom@acme.example>
-
- In stock?
""",
    "forwarded by apple mail, German": """
+ Bitte übernehmen.
-
- Anfang der weitergeleiteten Nachricht:
-
- > Von: Marie Petit <buyer-a@reply.example>
- > Betreff: Pumpen
- >
- > Vorrätig?
""",
    "forwarded under dashed words in a language nobody has listed": """
+ Jan, tafadhali jibu.
-
- ---------- Ujumbe uliotumwa ----------
- From: Marie Petit <buyer-a@reply.example>
- Date: Tue, Mar 3, 2026 at 8:05 AM
- Subject: Pumps
-
- In stock?
""",
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
    # --- marker
    "our marker, quoted and wrapped": """
+ Yes.
-
- > ##- Please write your reply
- > above this line -##
- > In stock?
""",
    "our marker in Russian without its signs": """
+ Да.
-
- Пожалуйста, напишите ответ над этой строкой
- Есть?
""",
    # --- the end of what was typed
    "signature below two dashes": """
+ Yes.
s
s --
s Tom Baker
s ACME Robotics
""",
    "signature, then a quote": """
+ Yes.
s --
s Tom Baker
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
s
s --
s Tom Baker
s ACME Robotics
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
    "somebody speaks of our marker": """
+ I do not understand what is meant by Please write your reply above this line, as I see no line at all.
+ Can you help?
""",
}


def parse(drawn: str) -> tuple[str, list[tuple[str, str]]]:
    """The body and the kinds of its filled lines."""
    lines = drawn.strip("\n").split("\n")
    body = "\n".join(line[2:] for line in lines) + "\n"
    return body, [(NAMES[line[0]], line[2:]) for line in lines if line[2:].strip()]


def kinds_of(body: str) -> list[tuple[str, str]]:
    segments = reply.split(body, "plain").segments
    return [(kind, line) for kind, piece in segments for line in piece.split("\n") if line.strip()]


@pytest.mark.parametrize("name", BODIES)
def test_each_line_is_what_it_is(name: str) -> None:
    body, expected = parse(BODIES[name])
    assert kinds_of(body) == expected


@pytest.mark.parametrize("name", BODIES)
def test_the_same_with_other_line_ends_and_without_the_last_one(name: str) -> None:
    body, expected = parse(BODIES[name])
    got = [(kind, line.rstrip("\r")) for kind, line in kinds_of(body.replace("\n", "\r\n")) if line.strip()]
    assert got == expected
    assert kinds_of(body.rstrip("\n")) == expected


def test_forwards_are_told_from_answers() -> None:
    forwards = {name for name in BODIES if reply.split(parse(BODIES[name])[0], "plain").forwarded}
    assert forwards == {"forwarded by gmail", "forwarded by apple mail, German"}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("gmail, English", "attribution"),
        ("outlook on the desktop", "header-block"),
        ("outlook, original message", "separator"),
        ("apple mail, whole attribution inside the quote marks", "quote-marks"),
        ("our marker, quoted and wrapped", "marker"),
        ("closing words and name were typed", "none"),
    ],
)
def test_it_says_what_decided(name: str, word: str) -> None:
    assert reply.split(parse(BODIES[name])[0], "plain").decided_by == word


def test_an_attribution_behind_the_text_on_one_line() -> None:
    body = "it is in stock--- On Tue, Mar 3, 2026 at 8:05 AM, buyer-a@reply.example wrote:\n> In stock?\n"
    done = reply.split(body, "plain")
    assert done.text == "it is in stock"
    assert "".join(piece for _, piece in done.segments) == body
