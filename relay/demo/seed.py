"""The inquiry that is already under way when the demo opens: a request, an answer, a question back.

Only the request is put in by hand, as a marketplace would. Answer and question are mails, written by the demo's
mail programs and sent over SMTP like all that follow.
"""

from datetime import UTC, datetime
from zlib import compress

from ..actions.create import create
from ..mail.parse import read
from ..order import read_order
from ..world import World
from .clients import Draft, original_of, subject_of
from .mailboxes import Kept, Mailbox, Mailboxes
from .mime import File
from .people import ANNA, CAMILLE, MARKETPLACE, TOM
from .postman import Postman

SUBJECT = "Two NW-40 pumps for hot wort"
REQUEST = """Hello,

we brew in Annecy and have to replace two pumps on our hot side: wort at 98 °C, about 4 m³/h at 2 bar.

Could you quote two NW-40 with tri-clamp fittings, and tell me when you could deliver?

Thank you
Camille Laurent"""

ANSWER = """Hello Camille,

thank you for asking. The NW-40 is the right size, and 98 °C is no problem for it. Two units with 1½″ tri-clamp are €1,840 each, delivered to Annecy three weeks after your order. The data sheet is attached.

How do you clean your pumps?

Kind regards
Anna"""  # noqa: E501 (a mail program does not wrap what is typed)

QUESTION = """Hello Anna,

that fits our budget. We clean with caustic, 2 %, at 80 °C: do the seals stand that?

Camille"""

_PATIENCE = 15.0  # seconds for one mail to arrive; it takes a fraction of one


async def seed(world: World, mailboxes: Mailboxes, postman: Postman) -> None:
    """Open the inquiry and play its first two turns. Raises TimeoutError when a mail does not arrive."""
    await create(world, read_order(_ORDER))
    camille, anna, tom = mailboxes.all()
    request = await mailboxes.received(anna, 1, _PATIENCE)
    await mailboxes.received(tom, 1, _PATIENCE)
    await mailboxes.received(camille, 1, _PATIENCE)
    await _answer(postman, anna, request, ANSWER, File("NW-40 data sheet.pdf", "application/pdf", data_sheet()))
    answer = await mailboxes.received(camille, 2, _PATIENCE)
    await mailboxes.received(tom, 2, _PATIENCE)
    await _answer(postman, camille, answer, QUESTION)
    await mailboxes.received(anna, 2, _PATIENCE)
    await mailboxes.received(tom, 3, _PATIENCE)


async def _answer(postman: Postman, box: Mailbox, kept: Kept, text: str, *files: File) -> None:
    original = original_of(read(kept.raw))
    person = box.person
    subject = subject_of(original, person.client, forward=False)
    draft = Draft(person, (original.address,), subject, text, person.client, datetime.now(UTC), original, files=files)
    await postman.send(box, draft)


def data_sheet() -> bytes:
    """Return a one-page PDF, so that there is something to attach."""
    lines = (
        ("NW-40 hygienic centrifugal pump", 20),
        ("Flow 1 to 6 m3/h     Head up to 28 m     Medium up to 140 deg C", 11),
        ("Fittings tri-clamp 1 1/2 in     Motor 0.75 kW, 400 V, IP 55", 11),
        ("Seals EPDM (standard), FKM, PTFE", 11),
    )
    shown = b"".join(
        f"BT /F1 {size} Tf 60 {760 - 34 * row} Td ({line}) Tj ET\n".encode() for row, (line, size) in enumerate(lines)
    )
    packed = compress(shown)
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    data, places = b"%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return data + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        count,
        table,
        count,
        len(data),
    )


_ORDER: dict[str, object] = {
    "marketplace": MARKETPLACE,
    "reference": "M-20417",
    "subject": SUBJECT,
    "message": REQUEST,
    "wishes": ["quote"],
    "product": {"name": "NW-40 hygienic pump", "url": "https://www.machina.example/nordwind/nw-40"},
    "company": {"name": "Nordwind Pumps"},
    "buyer": {
        "email": CAMILLE.email,
        "name": CAMILLE.name,
        "company": CAMILLE.company,
        "phone": CAMILLE.phone,
        "language": CAMILLE.language,
    },
    "sellers": [
        {"email": person.email, "name": person.name, "company": person.company, "language": person.language}
        for person in (ANNA, TOM)
    ],
}
