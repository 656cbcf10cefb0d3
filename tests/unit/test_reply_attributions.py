"""Attribution lines, each in the manner of one program."""

import pytest
from parley.tests.drawn import check, parse
from parley.threading import reply

BODIES = {
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
}


@pytest.mark.parametrize("name", BODIES)
def test_each_line_is_what_it_is(name: str) -> None:
    check(BODIES[name])


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("gmail, English", "attribution"),
        ("apple mail, whole attribution inside the quote marks", "quote-marks"),
    ],
)
def test_it_says_what_decided(name: str, word: str) -> None:
    assert reply.split(parse(BODIES[name])[0], "plain").decided_by == word


def test_an_attribution_behind_the_text_on_one_line() -> None:
    body = "it is in stock--- On Tue, Mar 3, 2026 at 8:05 AM, buyer-a@reply.example wrote:\n> In stock?\n"
    done = reply.split(body, "plain")
    assert done.text == "it is in stock"
    assert "".join(piece for _, piece in done.segments) == body
