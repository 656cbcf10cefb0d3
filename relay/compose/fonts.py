"""Which fonts a mail asks for. Han characters are drawn otherwise in Chinese than in Japanese: each has its own."""

from typing import Final

_LATIN: Final = "-apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
_OWN: Final = {
    "ja": "-apple-system, Hiragino Sans, Yu Gothic UI, Meiryo, Noto Sans CJK JP, Noto Sans JP, sans-serif",
    "zh": "-apple-system, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Noto Sans SC, sans-serif",
}
_OFFICE: Final = {"ja": "Meiryo", "zh": "Microsoft YaHei"}  # Outlook for Windows takes the first name only


def fonts(language: str) -> str:
    """Return a CSS font-family without quotation marks, so that it may stand in a style attribute."""
    return _OWN.get(language, _LATIN)


def office_font(language: str) -> str:
    """Return the one font for programs that draw mails with Word."""
    return _OFFICE.get(language, "Arial")
