"""Proves who sent a mail: SPF (RFC 7208), DKIM (RFC 6376), ARC (RFC 8617), DMARC (RFC 9989) (docs/standards.md)."""

from .prover import Prover
from .values import Arc, Dkim, Dmarc, Proof, Spf, Trusted

__all__ = ["Arc", "Dkim", "Dmarc", "Proof", "Prover", "Spf", "Trusted"]
