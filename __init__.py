"""Parley: an e-mail-first relay gateway for marketplaces. The root of the repository is this package."""

__version__ = "0.1.0"
