"""HTML bodies: the elements in which each client wraps what it quotes, and the HTML of the new part."""

import pytest
from parley.relay.mail import read
from parley.relay.mail.htmltext import html_to_text
from parley.threading import reply

NEW = '<div dir="ltr">Naam, <b>twenty</b> pumps.<br><table><tr><td>X-200</td><td>1,250</td></tr></table></div>'
# No attribution in these that any word list could know: the structure alone must decide.
OLD = "<div>Mnazo pampu ishirini?</div>"
QUOTES = {
    "outlook on the web": f'<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">Kutoka: M</div>{OLD}',
    "outlook on the web, forwarded on": f'<div id="x_divRplyFwdMsg">Kutoka: M</div>{OLD}',
    "outlook on the desktop": (
        '<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        f'<p class="MsoNormal"><b>Kutoka:</b> M</p></div></div>{OLD}'
    ),
    "outlook for telephones": f'<div id="mail-editor-reference-message-container">{OLD}</div>',
    "outlook for macs": f'<span id="OLK_SRC_BODY_SECTION">{OLD}</span>',
    "gmail": f'<div class="gmail_quote"><div class="gmail_attr">M aliandika</div><blockquote>{OLD}</blockquote></div>',
    "gmail, forwarded": f'<div class="gmail_quote">--- Ujumbe ---<br>{OLD}</div>',
    "thunderbird": f'<div class="moz-cite-prefix">M aliandika</div><blockquote type="cite">{OLD}</blockquote>',
    "apple mail": f'<blockquote type="cite">{OLD}</blockquote>',
    "yahoo": f'<div id="yahoo_quoted_1234" class="yahoo_quoted"><div>M aliandika</div>{OLD}</div>',
    "proton": f'<div class="protonmail_quote">M aliandika<br>{OLD}</div>',
    "tutanota": f'<div class="tutanota_quote">{OLD}</div>',
    "zimbra": f'<hr id="zwchr" data-marker="__DIVIDER__"><div>{OLD}</div>',
    "zoho": f'<div class="zmail_extra">{OLD}</div>',
    "roundcube": f'<p id="reply-intro">M aliandika</p><blockquote>{OLD}</blockquote>',
    "netease": f'<div id="isReplyContent">{OLD}</div>',
}


@pytest.mark.parametrize("client", QUOTES)
def test_the_structure_of_each_client_is_enough(client: str) -> None:
    html = f"<html><body>{NEW}{QUOTES[client]}</body></html>"
    done = reply.split(html, "html")
    assert "twenty" in done.text
    assert "Mnazo" not in done.text
    assert "Mnazo" in done.quoted
    assert "".join(piece for _, piece in done.segments) == html_to_text(html)[0]


@pytest.mark.parametrize("client", QUOTES)
def test_the_html_of_the_new_part_keeps_its_form(client: str) -> None:
    done = reply.split(f"<html><body>{NEW}{QUOTES[client]}</body></html>", "html")
    assert "<b>twenty</b>" in done.html
    assert "<td>X-200</td>" in done.html
    assert "Mnazo" not in done.html
    assert "aliandika" not in done.html


def test_the_html_is_cut_where_words_decide() -> None:
    old = "<p>On Tue, Mar 3, 2026 at 8:05 AM Marie &lt;a@b.example&gt; wrote:</p><p>In stock?</p>"
    html = f"<p>Yes, <i>they are</i>.</p>{old}"
    assert reply.split(html, "html").html == "<p>Yes, <i>they are</i>.</p>"


def test_what_is_open_at_the_cut_is_closed() -> None:
    html = '<div class="WordSection1"><p>Yes</p><div id="appendonsend"></div><p>old</p></div>'
    assert reply.split(html, "html").html == '<div class="WordSection1"><p>Yes</p></div>'


def test_an_uncut_mail_keeps_all_its_html() -> None:
    html = "<p>Just <b>this</b>.</p>"
    assert reply.split(html, "html").html == html


ATTRIBUTION = "On Tue, Mar 3, 2026 at 8:05 AM Marie &lt;a@b.example&gt; wrote:"


def test_html_that_cannot_be_cut_clean_is_left_out() -> None:
    done = reply.split(f"<pre>Yes, they are.\n\n{ATTRIBUTION}\n&gt; In stock?</pre>", "html")
    assert done.text == "Yes, they are."
    assert done.html == ""


@pytest.mark.parametrize(
    ("html", "new"),
    [
        (  # an answer below the quote
            f"<div>{ATTRIBUTION}<blockquote>In stock?</blockquote></div><div>Yes, <b>they</b> are.</div>",
            "<div>Yes, <b>they</b> are.</div>",
        ),
        (  # below the quote, inside an element that formats both
            f'<div style="color:red"><p>{ATTRIBUTION}</p><blockquote>In stock?</blockquote><p>Yes.</p></div>',
            '<div style="color:red"><p>Yes.</p></div>',
        ),
        (  # above and below
            f"<p>Short: <i>yes</i>.</p><p>{ATTRIBUTION}</p><blockquote>In stock?</blockquote><ul><li>Twenty</li></ul>",
            "<p>Short: <i>yes</i>.</p>\n<ul><li>Twenty</li></ul>",
        ),
        (  # below the warning of the reader's own company
            "<table><tr><td>CAUTION: This e-mail came from outside our organization.</td></tr></table><br>"
            f'<p>Yes, <b>they</b> are.</p><div id="appendonsend"></div><p>{ATTRIBUTION}</p>',
            "<br><p>Yes, <b>they</b> are.</p>",
        ),
        (  # a telephone's line between two things typed
            "<div>Yes, <b>they</b> are.</div><br><div>Sent from my iPhone</div><br><div>PS: <i>until May</i></div>",
            "<div>Yes, <b>they</b> are.</div>\n<br><div>PS: <i>until May</i></div>",
        ),
        (  # a picture at the end
            f'<p>See here:</p><p><img src="cid:pump"></p><p>{ATTRIBUTION}</p><blockquote>In stock?</blockquote>',
            '<p>See here:</p><p><img src="cid:pump"></p>',
        ),
        (  # the quote begins with a picture of its own
            '<p>Yes.</p><div class="yahoo_quoted"><p><img src="cid:logo"></p><p>Marie aliandika</p></div>',
            "<p>Yes.</p>",
        ),
        (  # a signature with a picture
            '<p>Yes.</p><p>Tom</p><div>-- </div><div><img src="cid:logo"><b>www.acme.example</b></div>',
            "<p>Yes.</p><p>Tom</p>",
        ),
        (  # a table in which the quote begins in a row of its own
            f"<table><tr><td><b>Yes</b></td></tr><tr><td>{ATTRIBUTION}</td></tr><tr><td>Old</td></tr></table>",
            "<table><tr><td><b>Yes</b></td></tr></table>",
        ),
    ],
)
def test_the_html_of_what_was_typed_wherever_it_stands(html: str, new: str) -> None:
    done = reply.split(html, "html")
    assert done.html == new
    assert "".join(piece for _, piece in done.segments) == html_to_text(html)[0]


def test_a_blockquote_that_quotes_no_mail_is_part_of_the_text() -> None:
    done = reply.split("<p>Our terms:</p><blockquote>30 days net</blockquote><p>Agreed?</p>", "html")
    assert done.text.split("\n") == ["Our terms:", "", "30 days net", "", "Agreed?"]


def test_an_indentation_at_the_end_is_no_quote_and_a_citation_is_one() -> None:
    indented = reply.split("<p>Our terms:</p><blockquote>30 days net</blockquote>", "html")
    assert indented.text == "Our terms:\n\n30 days net"
    cited = reply.split('<p>Our terms:</p><blockquote type="cite">30 days net</blockquote>', "html")
    assert cited.text == "Our terms:"
    introduced = reply.split("<p>Yes.</p><blockquote>On 3/3/26 8:05 AM, Marie wrote:<br>In stock?</blockquote>", "html")
    assert introduced.text == "Yes."


def test_answers_between_quoted_paragraphs() -> None:
    html = (
        '<div class="moz-cite-prefix">On 3/3/26 8:05 AM, Marie wrote:</div>'
        '<blockquote type="cite">How many?</blockquote>'
        '<p>Twenty.</p><blockquote type="cite">What price?</blockquote><p>1,250 EUR.</p>'
        '<blockquote type="cite">Regards</blockquote>'
    )
    done = reply.split(html, "html")
    assert "Twenty." in done.text
    assert "> What price?" in done.text
    assert "1,250 EUR." in done.text
    assert "Regards" in done.quoted


def both(text: str, html: str, subject: str = "Re: Pumps") -> bytes:
    return (
        f"From: tom@acme.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--b--\r\n"
    ).encode()


def test_the_html_helps_where_the_text_tells_nothing() -> None:
    text = "Naam, twenty pumps.\r\n\r\nKutoka: M\r\nMnazo pampu?\r\n"
    html = '<p>Naam, twenty pumps.</p><div id="appendonsend"></div><div>Kutoka: M</div><div>Mnazo pampu?</div>'
    done = reply.split(both(text, html))
    assert done.text == "Naam, twenty pumps."
    assert done.decided_by == "structure"
    assert done.html == "<p>Naam, twenty pumps.</p>"


def test_the_text_helps_where_the_html_tells_nothing() -> None:
    done = reply.split(
        both(
            "Yes, they are.\r\n\r\n> Subject: Pumps\r\n> From: marie@b.example\r\n>\r\n> In stock?\r\n",
            "<div>Yes, <b>they</b> are.<br><br><div>&gt; Subject: Pumps<br>&gt; From: m<br>&gt; In stock?</div></div>",
        )
    )
    assert done.text == "Yes, they are."
    assert done.html.startswith("<div>Yes, <b>they</b> are.")
    assert "stock" not in done.html


def test_html_that_says_something_else_than_the_text_is_not_shown() -> None:
    done = reply.split(both("Yes, for 100 EUR.", "<p>No way, pay 900 to this account at once</p>"))
    assert done.text == "Yes, for 100 EUR."
    assert done.html == ""
    html = "<div>Yes. Pay to another account at once.<br>Today.</div><p>&gt; old</p>"
    done = reply.split(both("Yes.\r\n> old", html))
    assert done.text == "Yes."
    assert done.html == ""


HEADS = "<b>From:</b> M &lt;m@b.example&gt;<br><b>Sent:</b> Tuesday<br><b>To:</b> Tom<br><b>Subject:</b> Pumps<br>"
FORWARDS = {
    "gmail": '<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>'
    f"{HEADS}</div><br>{OLD}</div>",
    "outlook on the desktop": '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">'
    f"<p>{HEADS}</p></div>{OLD}",
    "outlook on the web": f'<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">{HEADS}</div>{OLD}',
    "apple mail": '<blockquote type="cite"><div>Begin forwarded message:</div><br>'
    f"<div>{HEADS}</div>{OLD}</blockquote>",
    "thunderbird": '<div class="moz-forward-container">-------- Forwarded Message --------'
    f'<table class="moz-email-headers-table"><tr><th>From:</th><td>M</td></tr></table>{OLD}</div>',
    "yahoo": f'<div class="yahoo_quoted"><div>----- Forwarded Message -----</div>{HEADS}{OLD}</div>',
    "proton": f'<div class="protonmail_quote">------- Forwarded Message -------<br>{HEADS}{OLD}</div>',
}


@pytest.mark.parametrize("client", FORWARDS)
@pytest.mark.parametrize("typed", ["<div>Jan, please answer.</div>", "<div><br></div>", ""])
def test_the_forwards_of_each_client_are_known(client: str, typed: str) -> None:
    done = reply.split(
        b"Subject: FW: Pumps\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + f"<html><body>{typed}{FORWARDS[client]}</body></html>".encode()
    )
    assert done.forwarded
    assert done.text == ("Jan, please answer." if "Jan" in typed else "")
    assert "Mnazo" in done.quoted


def test_outlook_heads_a_forward_as_it_heads_an_answer_so_the_subject_tells() -> None:
    text = (
        "Jan, please answer.\r\n\r\nFrom: Marie <a@b.example>\r\nSent: Tuesday, March 3, 2026\r\n"
        "To: Tom\r\nSubject: Pumps\r\n\r\nIn stock?\r\n"
    )
    for subject, forwarded in (("FW: Pumps", True), ("WG: Pumps", True), ("TR : Pumps", True), ("RE: Pumps", False)):
        done = reply.split(f"Subject: {subject}\r\n\r\n{text}".encode())
        assert done.forwarded is forwarded, subject
        assert done.text == "Jan, please answer."


@pytest.mark.parametrize("language", reply.MARKERS)
def test_our_marker_survives_what_mail_programs_do_to_it(language: str) -> None:
    marker = reply.MARKERS[language]
    words = marker.strip("#- ")
    half = len(words) // 2
    forms = [
        marker,
        f"> {marker}",
        f">> {words}",
        f"*{words}*",
        words.upper(),
        words.replace(" ", "\u00a0"),
        f"> {words[:half]}\n> {words[half:]}",
        f"{words[:half]}\n{words[half:]}",
        f"## {words}. ##",
    ]
    for form in forms:
        quoting = "> " if form.startswith(">") else ""
        done = reply.split(f"Yes.\n\n{form}\n{quoting}old words\n", "plain")
        assert (done.text, done.decided_by) == ("Yes.", "marker"), form
        done = reply.split(f'<p>Yes.</p><p style="color:#999">{form.replace(">", "")}</p><p>old words</p>', "html")
        assert (done.text, done.decided_by, done.html) == ("Yes.", "marker", "<p>Yes.</p>"), form


def test_a_split_of_what_was_typed_on_the_page() -> None:
    done = reply.Split.whole("Yes.\n> not a quote\n")
    assert done.text == "Yes.\n> not a quote\n"
    assert done.segments == (("text", "Yes.\n> not a quote\n"),)


def test_the_writers_name_and_his_earlier_mails_tell_his_signature() -> None:
    mail = read(b"Subject: x\r\n\r\nYes.\r\n\r\nRegards\r\nTom Baker\r\nACME Robotics\r\n+44 20 7946 0000\r\n")
    named = reply.split_mail(mail, reply.Writer(name="Tom Baker"))
    assert named.text == "Yes.\n\nRegards\nTom Baker"
    assert named.signature == "ACME Robotics\n+44 20 7946 0000\n"
    again = reply.split_mail(
        mail, reply.Writer(earlier=("No.\n\nRegards\nTom Baker\nACME Robotics\n+44 20 7946 0000",))
    )
    assert again.text == "Yes."
    assert again.signature.startswith("Regards")
    unknown = reply.split_mail(mail)
    assert unknown.signature == ""


def test_a_sentence_said_twice_is_no_signature_and_what_ends_every_mail_is() -> None:
    mail = read(b"Subject: x\r\n\r\nNo.\r\nPlease call me back.\r\nRegards\r\nTom\r\n")
    once = "Yes.\nPlease call me back.\nRegards\nTom"
    done = reply.split_mail(mail, reply.Writer(earlier=(once,)))
    assert (done.text, done.signature) == ("No.\nPlease call me back.", "Regards\nTom\n")
    motto = read(b"Subject: x\r\n\r\nNo.\r\nTom\r\nWe move the world.\r\n")
    twice = reply.Writer(earlier=("Yes.\nTom\nWe move the world.", "Maybe.\nTom\nWe move the world."))
    assert reply.split_mail(motto, twice).text == "No."


def test_a_repeated_mail_is_not_all_signature() -> None:
    mail = read(b"Subject: x\r\n\r\nYes.\r\nTom\r\n")
    assert reply.split_mail(mail, reply.Writer(earlier=("Yes.\nTom",))).text


def test_an_answer_below_our_marker_is_found() -> None:
    marker = reply.MARKERS["en"]
    below = f"On Tue, Mar 3, 2026 at 8:05 AM Marie <a@b.example> wrote:\n> {marker}\n> In stock?\n\nYes, they are.\n"
    assert reply.split(below, "plain").text == "Yes, they are."
    around = f"Short: yes.\n\n{below}"
    assert reply.split(around, "plain").text == "Short: yes.\n\nYes, they are."
    unmarked = f"{marker}\nIn stock?\n\nYes, they are.\n"
    assert "Yes, they are." in reply.split(unmarked, "plain").text
