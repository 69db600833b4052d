"""Databases for the tests, and a look at one from outside the service."""

import os
import shutil
import sqlite3
import subprocess
import uuid
from pathlib import Path


def postgres_url() -> str:
    url = os.environ.get("OMEET_TEST_POSTGRES_URL")
    assert url, "OMEET_TEST_POSTGRES_URL must name a PostgreSQL where databases can be created"
    return url


def psql(url: str, *statements: str) -> str:
    arguments = [part for statement in statements for part in ("-c", statement)]
    done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", url, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def create(engine: str, folder: Path) -> str:
    """The URL of a new, empty database."""
    if engine == "sqlite":
        return f"sqlite://{folder}/omeet.db?mode=rwc"
    name = "omeet_" + uuid.uuid4().hex[:12]
    psql(postgres_url(), f"create database {name}")
    return postgres_url().rsplit("/", 1)[0] + "/" + name


def drop(url: str):
    if not url.startswith("sqlite"):
        psql(postgres_url(), f"drop database if exists {url.rsplit('/', 1)[1]} with (force)")


def sqlite_copy(url: str, to: Path) -> Path:
    """A copy of a file that nobody writes at this moment, with what its log holds."""
    source = Path(url.removeprefix("sqlite://").split("?")[0])
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for suffix in ("", "-wal"):
        if Path(f"{source}{suffix}").exists():
            shutil.copy(f"{source}{suffix}", f"{to / source.name}{suffix}")
    return to / source.name


def query(url: str, statement: str, scratch: Path) -> list:
    """Rows of a stopped server's database, every value as text."""
    if not url.startswith("sqlite"):
        return [tuple(line.split("|")) for line in psql(url, statement).splitlines()]
    with sqlite3.connect(sqlite_copy(url, scratch)) as connection:
        return [tuple("" if value is None else str(value) for value in row) for row in connection.execute(statement)]


def change(url: str, statement: str):
    """Writes to a stopped server's database."""
    if not url.startswith("sqlite"):
        psql(url, statement)
        return
    with sqlite3.connect(url.removeprefix("sqlite://").split("?")[0]) as connection:
        connection.execute(statement)
    connection.close()


def raw_bytes(url: str) -> bytes:
    """Everything that the database holds: the files of SQLite, a dump of PostgreSQL."""
    if url.startswith("sqlite"):
        source = url.removeprefix("sqlite://").split("?")[0]
        return b"".join(Path(f"{source}{suffix}").read_bytes() for suffix in ("", "-wal") if Path(f"{source}{suffix}").exists())
    return subprocess.run(["pg_dump", "--inserts", url], capture_output=True, check=True, timeout=120).stdout
