"""Portuguese of Portugal and Brazil."""

from .words import Words

WORDS = Words(
    wrote=("escreveu", "escreveu o seguinte", "escreve"),
    sender=("de", "remetente"),
    sent=("enviada", "enviado", "enviada em", "enviado em", "data", "enviadas"),
    to=("para", "cc", "cco", "bcc"),
    subject=("assunto",),
    other=("responder a", "responder para", "organização", "prioridade", "importância", "anexos"),
    original=(
        "respostas anteriores",
        "mensagens anteriores",
        "mensagem anterior",
        "mensagem original",
        "mensagem de origem",
        "e-mail original",
    ),
    forwarded=(
        "mensagem encaminhada",
        "mensagem reencaminhada",
        "início da mensagem encaminhada",
        "início da mensagem reencaminhada",
        "começo da mensagem reencaminhada",
        "encaminhado por",
    ),
    sent_from=(
        "enviado do",
        "enviado a partir",
        "enviado via",
        "enviado pelo",
        "enviado de meu",
        "enviado com",
        "obter o outlook",
        "obtenha o outlook",
        "baixe o outlook",
    ),
    farewell=(
        "atenciosamente",
        "cumprimentos",
        "com os melhores cumprimentos",
        "melhores cumprimentos",
        "abraços",
        "obrigado",
        "obrigada",
        "att",
    ),
    reply_above="Por favor, escreva a sua resposta acima desta linha",
)
