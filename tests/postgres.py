"""A private PostgreSQL of the machine's own binaries, for tests: one server a session, a database for each test."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import psycopg
from parley.store.engine import open_engine
from parley.store.place import Place
from parley.store.schema import migrate
from parley.tests.times import LIMIT
from sqlalchemy import URL, make_url

_FAST = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200 -c shared_buffers=32MB"

DURABLE = "-c fsync=off -c max_connections=100 -c shared_buffers=32MB"  # a crash of the server alone loses nothing


def binaries() -> Path | None:
    """Where `initdb` and `postgres` are, None where the machine has none."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((one for one in folders if (one / "postgres").exists() and (one / "initdb").exists()), None)


def unprivileged() -> tuple[int, int] | tuple[None, None]:
    """User and group that the server runs as when we are root: PostgreSQL refuses that."""
    if os.getuid() != 0:
        return None, None
    user = next(entry for name in ("postgres", "nobody") for entry in pwd.getpwall() if entry.pw_name == name)
    return user.pw_uid, user.pw_gid


class Server:
    """A running server with a folder of its own under the system's temporary folder (a socket's path is short)."""

    def __init__(self, options: str = _FAST) -> None:
        found = binaries()
        assert found is not None
        self._bin, self._options = found, options
        self.folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
        self._user, self._group = unprivileged()
        if self._user is not None and self._group is not None:
            os.chown(self.folder, self._user, self._group)
        self._initdb()
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def start(self) -> None:
        """Start and wait until it answers."""
        command = [str(self._bin / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), "-h", ""]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._options.split()],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                user=self._user,
                group=self._group,
            )
        until = monotonic() + LIMIT
        while True:
            try:
                psycopg.connect(self._conninfo("postgres")).close()
            except psycopg.OperationalError:
                assert monotonic() < until, (self.folder / "log").read_text()
                sleep(0.02)
            else:
                return

    @property
    def pid(self) -> int:
        """Of its first process. Raises RuntimeError when it is stopped."""
        if self._process is None:
            raise RuntimeError("the server is stopped")
        return self._process.pid

    def stop(self, signal: int = 2) -> None:
        """Stop: 2 (SIGINT) cuts connections and shuts down, 3 (SIGQUIT) crashes at once."""
        if self._process is not None:
            self._process.send_signal(signal)
            self._process.wait(LIMIT)
            self._process = None

    def remove(self) -> None:
        """Stop and delete everything."""
        self.stop(3)
        shutil.rmtree(self.folder)

    def url(self, database: str) -> URL:
        """The URL of a database as the settings want it."""
        return make_url(f"postgresql+psycopg://parley@/{database}?host={self.folder}")

    def database(self) -> URL:
        """Make a new database with the schema of the code; all are copies of one."""
        if not self._databases:
            self._make("template_parley", "template0")
            engine = open_engine(Place(self.url("template_parley"), Path()))
            migrate(engine)
            engine.dispose()
        return self.empty("template_parley")

    def empty(self, template: str = "template0") -> URL:
        """Make a new database without a schema."""
        self._databases += 1
        name = f"test_{self._databases}"
        self._make(name, template)
        return self.url(name)

    def run(self, tool: str, *words: str, output: Path | None = None) -> None:
        """Run one of PostgreSQL's own programs on this server; what it prints goes to `output`."""
        command = [str(self._bin / tool), "-h", str(self.folder), "-U", "parley", *words]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        if output is not None:
            output.write_bytes(done.stdout)

    def drop(self, url: URL) -> None:
        """Remove a database, whoever is still connected."""
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{url.database}" WITH (FORCE)'.encode())

    def _make(self, name: str, template: str) -> None:
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {template} STRATEGY FILE_COPY'.encode())

    def _conninfo(self, database: str) -> str:
        return f"host={self.folder} user=parley dbname={database} connect_timeout=60"

    def _initdb(self) -> None:
        command = [str(self._bin / "initdb"), "-D", str(self.folder / "data"), "-U", "parley", "--auth=trust"]
        options = ["--no-sync", "--encoding=UTF8", "--locale=C"]
        subprocess.run(
            [*command, *options],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            user=self._user,
            group=self._group,
        )


@contextmanager
def serving(options: str = _FAST) -> Generator[Server]:
    """Run a server until the block ends."""
    server = Server(options)
    try:
        server.start()
        yield server
    finally:
        server.remove()
