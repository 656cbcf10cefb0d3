"""What introduces a quote besides an attribution: header blocks, dashed words, our marker; and forwards."""

import pytest
from parley.tests.drawn import check, parse
from parley.threading import reply

BODIES = {
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
    "a help desk's heading below a short drawn line": """
+ Yes, they are.
-
- ---
- *Previous replies*
-
- Are they in stock?
-
- Marie, 3 March 2026
""",
    "the same in Spanish, in the manner of markdown": """
+ Sí, hay.
-
- ***
- ## Respuestas anteriores
- ¿Hay existencias?
""",
    "somebody writes of earlier answers": """
+ Prices
+ ---
+ Previous replies of ours still hold.
+
+ Previous replies
+ were wrong about the seal.
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
}


@pytest.mark.parametrize("name", BODIES)
def test_each_line_is_what_it_is(name: str) -> None:
    check(BODIES[name])


def test_forwards_are_told_from_answers() -> None:
    forwards = {name for name in BODIES if reply.split(parse(BODIES[name])[0], "plain").forwarded}
    assert forwards == {"forwarded by gmail", "forwarded by apple mail, German"}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("outlook on the desktop", "header-block"),
        ("outlook, original message", "separator"),
        ("our marker, quoted and wrapped", "marker"),
    ],
)
def test_it_says_what_decided(name: str, word: str) -> None:
    assert reply.split(parse(BODIES[name])[0], "plain").decided_by == word
