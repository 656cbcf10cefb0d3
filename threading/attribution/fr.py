"""French."""

from .words import Words

WORDS = Words(
    wrote=("a écrit", "écrit", "a ecrit", "ecrivait", "écrivait"),
    sender=("de", "expéditeur"),
    sent=("envoyé", "envoyé le", "date", "date d'envoi", "envoyée", "envoye"),
    to=("à", "a", "pour", "cc", "cci", "copie", "destinataire"),
    subject=("objet", "sujet"),
    other=("répondre à", "reponse à", "organisation", "importance", "pièces jointes", "pièce jointe"),
    original=("message d'origine", "message d’origine", "message original", "e-mail d'origine", "message initial"),
    forwarded=(
        "message transféré",
        "message transmis",
        "message réexpédié",
        "début du message réexpédié",
        "début du message transféré",
        "courriel transféré",
        "transféré par",
        "forwarded message",
    ),
    sent_from=(
        "envoyé de mon",
        "envoyé depuis",
        "envoyé à partir",
        "envoyé avec",
        "envoyé par mon",
        "envoyé via",
        "télécharger outlook",
        "obtenez outlook",
        "obtenir outlook",
        "provenance :",
    ),
    farewell=(
        "cordialement",
        "bien cordialement",
        "salutations",
        "meilleures salutations",
        "sincères salutations",
        "bien à vous",
        "au revoir",
        "merci",
        "cdlt",
        "respectueusement",
    ),
    reply_above="Merci d’écrire votre réponse au-dessus de cette ligne",
)
