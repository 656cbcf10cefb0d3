"""A private Postfix on loopback: own settings, queue and log in a temporary folder; the machine's own is not touched.

It is what a marketplace would run beside the gateway. Mail for the reply domain goes on to the gateway, all
other mail, its own bounces among it, to the sink that stands for the rest of the world.
"""

import asyncio
import grp
import os
import pwd
import random
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from parley.tests.gateway import DOMAIN
from parley.tests.interop.programs import call

HOST = "127.0.0.1"
HOSTNAME = "mta.market.example"
_DAEMONS = "/usr/lib/postfix/sbin"
_LIMIT = 60.0  # seconds for Postfix to start, to settle, to stop: a net

# Everything not named here is Postfix's own default, as far as it can be on loopback and without DNS.
_MAIN = """compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = {hostname}
myorigin = {hostname}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = {host}
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
biff = no
disable_dns_lookups = yes
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtputf8_enable = yes
message_size_limit = 26214400
relay_domains = {domain}
transport_maps = texthash:{folder}/etc/transport
relayhost = [{host}]:{sink}
smtpd_relay_restrictions = permit_mynetworks, reject
debug_peer_list = {host}
debug_peer_level = 1
minimal_backoff_time = 1s
queue_run_delay = 1s
in_flow_delay = 0s
"""
_MASTER = """{host}:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

_QUEUES = (
    *("incoming", "active", "deferred", "defer", "bounce", "corrupt", "hold", "flush", "saved", "trace"),
    *("private", "public", "maildrop"),
)


def free_port() -> int:
    """Return a port that nobody has. Below the ports the system hands out: Postfix would share one in silence."""
    for port in random.sample(range(20000, 32768), 200):
        with socket.socket() as trying, suppress(OSError):
            trying.bind((HOST, port))
            return port
    raise OSError("no free port below 32768")


@dataclass(slots=True)
class Postfix:
    """A running Postfix. `folder` holds all that is its own."""

    folder: Path
    port: int

    @property
    def sendmail(self) -> str:
        """The command by which a mail program of this machine would submit."""
        return f"/usr/sbin/sendmail -C {self.folder}/etc -oem -oi"

    @property
    def log(self) -> str:
        """All it has logged; the dialogues with its peers among it."""
        path = self.folder / "mail.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def queued(self) -> list[str]:
        """The mails it still holds, by the queue they are in."""
        names = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")
        return [
            f"{name}/{path.name}"
            for name in names
            for path in (self.folder / "queue" / name).rglob("*")
            if path.is_file()
        ]

    async def send_on_to(self, gateway: int) -> None:
        """From now on mail for the reply domain goes to this port."""
        self._route(gateway)
        await call(("postfix", "-c", f"{self.folder}/etc", "reload"), self.folder)

    def _route(self, gateway: int) -> None:
        _write(self.folder / "etc" / "transport", f"{DOMAIN} relay:[{HOST}]:{gateway}\n")

    async def empty(self) -> None:
        """Return when it has nothing left to do. Raises TimeoutError."""
        await self.until(lambda: not self.queued())

    async def until(self, true: Callable[[], bool]) -> None:
        """Return once `true()` holds. Another program's files cannot call us back, so they are looked at again."""
        try:
            async with asyncio.timeout(_LIMIT):
                while not true():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise TimeoutError(f"Postfix holds {self.queued()}:\n{self.log[-4000:]}") from None


@asynccontextmanager
async def postfix(port: int, gateway: int, sink: int, settings: str = "") -> AsyncGenerator[Postfix]:
    """Run a Postfix on `port` until the block ends. `settings`: further lines of main.cf, which win."""
    with tempfile.TemporaryDirectory(prefix="parley-postfix-") as name:
        folder = Path(name)
        _furnish(folder, port, gateway, sink, settings)
        one = Postfix(folder, port)
        keeper = _start(folder)
        try:
            await one.until(lambda: _answers(port))
            yield one
        finally:
            await _end(keeper, folder)


def _furnish(folder: Path, port: int, gateway: int, sink: int, settings: str) -> None:
    """Write the settings and make the folders, as `postfix check` would."""
    folder.chmod(0o755)  # Postfix's own user has to pass
    for part in ("etc", "queue", "queue/pid"):
        (folder / part).mkdir()
    user, submitters = pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postdrop").gr_gid
    for part in ("data", *(f"queue/{name}" for name in _QUEUES)):
        (folder / part).mkdir(0o700)
        os.chown(folder / part, user, 0)
    for part, mode in (("maildrop", 0o730), ("public", 0o710)):
        os.chown(folder / "queue" / part, user, submitters)
        (folder / "queue" / part).chmod(mode)
    values = {"folder": folder, "daemons": _DAEMONS, "host": HOST, "hostname": HOSTNAME, "domain": DOMAIN}
    _write(folder / "etc" / "main.cf", _MAIN.format(**values, sink=sink) + settings)
    _write(folder / "etc" / "master.cf", _MASTER.format(host=HOST, port=port))
    Postfix(folder, port)._route(gateway)


def _write(path: Path, text: str) -> None:
    """Write a file of settings, dated some time ago: Postfix lets two seconds pass before it reads a younger one."""
    path.write_text(text)
    long_ago = path.stat().st_mtime - 60
    os.utime(path, (long_ago, long_ago))


# Ends Postfix when its input ends: by us, or because the tests were killed and their end of the pipe is gone.
_KEEPER = """"$0"/master -c "$1" -s &
read -r _
kill $!
wait"""


def _start(folder: Path) -> subprocess.Popen[bytes]:
    """Start the master, which makes a process group of its own, under a shell that stops it."""
    with (folder / "start.log").open("wb") as log:
        return subprocess.Popen(
            ("sh", "-c", _KEEPER, _DAEMONS, f"{folder}/etc"),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
        )


def _answers(port: int) -> bool:
    """Whether our own Postfix, and nobody else, answers."""
    try:
        with socket.create_connection((HOST, port), 5) as client:
            return client.recv(200).startswith(f"220 {HOSTNAME} ".encode())
    except OSError:
        return False


async def _end(keeper: subprocess.Popen[bytes], folder: Path) -> None:
    """Stop the master, which stops its daemons; then see to it that all of them have gone."""
    pid = folder / "queue" / "pid" / "master.pid"
    group = int(pid.read_text()) if pid.exists() else keeper.pid
    assert keeper.stdin
    keeper.stdin.close()
    try:
        await asyncio.to_thread(keeper.wait, _LIMIT)
    finally:
        async with asyncio.timeout(_LIMIT):
            while members := _members(group):  # as long as there are any, their group's number is given to nobody else
                for member in members:
                    with suppress(ProcessLookupError):
                        os.kill(member, signal.SIGKILL)
                await asyncio.sleep(0.02)


def _members(group: int) -> list[int]:
    """The living processes of a process group; ended ones that nobody has asked about yet do not count."""
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
            found += [int(stat.parent.name)] if int(its_group) == group and state not in "ZX" else []
    return found
