"""Processes whose clock is wrong (libfaketime): the time of day is moved, the time that passes is not."""

import contextlib
import os
from pathlib import Path


def library() -> str:
    folders = [Path(os.environ.get("OMEET_TOOLS", "/nowhere")), Path("/")]
    found = [file for folder in folders for file in sorted(folder.glob("usr/lib/*/faketime/libfaketimeMT.so.1"))]
    assert found, "libfaketime is not there: tests/lib/install.sh unpacks it, and OMEET_TOOLS names the folder"
    return str(found[0])


def moved(seconds: int) -> dict:
    """The environment of a process whose clock is so far ahead (or behind, when negative)."""
    return {"LD_PRELOAD": library(), "FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@contextlib.contextmanager
def tidied():
    """Takes away the shared memory that libfaketime leaves behind where a process is killed."""
    of = lambda: set(Path("/dev/shm").glob("*faketime_*"))  # noqa: E731
    before = of()
    yield
    for file in of() - before:
        file.unlink(missing_ok=True)
