"""Spanish."""

from .words import Words

WORDS = Words(
    wrote=("escribió", "escribio", "ha escrito", "escribiste"),
    sender=("de", "desde", "remitente"),
    sent=("enviado", "enviado el", "enviada el", "fecha", "enviados"),
    to=("para", "a", "cc", "cco", "copia"),
    subject=("asunto", "tema"),
    other=("responder a", "organización", "importancia", "datos adjuntos"),
    original=(
        "respuestas anteriores",
        "mensajes anteriores",
        "mensaje anterior",
        "mensaje original",
        "mensaje origina",
        "correo original",
    ),
    forwarded=(
        "mensaje reenviado",
        "inicio del mensaje reenviado",
        "comienzo del mensaje reenviado",
        "correo reenviado",
        "reenviado por",
    ),
    sent_from=(
        "enviado desde",
        "enviado con",
        "enviado de mi",
        "enviado a través",
        "enviado mediante",
        "obtener outlook",
        "descargar outlook",
    ),
    farewell=(
        "saludos",
        "saludos cordiales",
        "un saludo",
        "atentamente",
        "cordialmente",
        "gracias",
        "reciba un cordial saludo",
    ),
    reply_above="Por favor, escriba su respuesta por encima de esta línea",
)
