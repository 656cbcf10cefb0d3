"""Italian."""

from .words import Words

WORDS = Words(
    wrote=("ha scritto", "scrive", "scriveva", "scritto", "hai scritto"),
    sender=("da", "mittente"),
    sent=("inviato", "inviata", "data", "inviato il", "data invio"),
    to=("a", "per", "cc", "ccn", "destinatario"),
    subject=("oggetto",),
    other=("rispondi a", "risposta", "organizzazione", "priorità", "allegati"),
    original=(
        "risposte precedenti",
        "messaggi precedenti",
        "messaggio precedente",
        "messaggio originale",
        "messaggio originario",
        "messaggio d'origine",
        "email originale",
    ),
    forwarded=("messaggio inoltrato", "inizio messaggio inoltrato", "inizio del messaggio inoltrato", "inoltrato da"),
    sent_from=("inviato da", "inviato dal", "inviato con", "inviata da", "ottieni outlook", "scarica outlook"),
    farewell=("cordiali saluti", "distinti saluti", "saluti", "cordialmente", "un saluto", "grazie"),
    reply_above="Si prega di scrivere la risposta sopra questa riga",
)
