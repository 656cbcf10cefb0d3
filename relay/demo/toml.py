"""The demo's `relay.toml`: what an operator would write, with the ports that were free."""

from .people import MARKETPLACE, MARKETPLACE_NAME, REPLY_DOMAIN

MARK = "# Written by `parley demo`"


def relay_toml(smtp_port: int, links_port: int, mail_port: int) -> str:
    """Return the settings of a gateway on loopback whose smarthost are the demo's mailboxes."""
    return f"""{MARK}; written anew at each start.

[store]
url = "sqlite:///var/parley.db"
blobs = "var/blobs"

[smtp]
listen = "127.0.0.1:{smtp_port}"
hostname = "mx.{REPLY_DOMAIN}"

[outbound]
route = "smarthost"
host = "127.0.0.1"
port = {mail_port}
tls = "off"

[links]
listen = "127.0.0.1:{links_port}"
base_url = "http://127.0.0.1:{links_port}"

[notices]
copy_to_writer = false  # the demo's mail programs show what was sent

[sender]
authentication = "off"  # the demo's people have no domains that could answer for them

[log]
stderr = false

[[marketplace]]
id = "{MARKETPLACE}"
name = "{MARKETPLACE_NAME}"
reply_domain = "{REPLY_DOMAIN}"
language = "en"
help = "help@machina.example"
"""
