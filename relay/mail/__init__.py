"""Mail as bytes and as what it says."""

from .model import Attachment, Mail
from .parse import read, sealed_part

__all__ = ["Attachment", "Mail", "read", "sealed_part"]
