"""judge.py LOG: reads the log of an Odoo test run and prints what is wrong, then "N passed, N failed".

Skipped tests, a run without tests and any warning that the addon caused count as failures.
"""

import re
import sys
from pathlib import Path

LINE = re.compile(r"^\S+ \S+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[\w.]+): (?P<text>.*)", re.DOTALL)
RESULT = re.compile(r"(?P<failed>\d+) failed, (?P<errors>\d+) error\(s\) of (?P<tests>\d+) tests")
SKIPPED = re.compile(r"skipped .* : ")
LOUD = {"WARNING", "ERROR", "CRITICAL"}


def entries(text: str) -> list[re.Match]:
    """Log entries with the lines that continue them."""
    starts = [match.start() for match in re.finditer(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ", text, re.MULTILINE)]
    pieces = [text[begin:end] for begin, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return [match for piece in pieces if (match := LINE.match(piece))]


def ours(entry: re.Match) -> bool:
    return "omeet" in entry["logger"] or "omeet" in entry["text"] or "o-meet" in entry["text"].lower()


def main() -> None:
    log = entries(Path(sys.argv[1]).read_text(errors="replace"))
    results = [match for entry in log if (match := RESULT.search(entry["text"])) and entry["logger"].startswith("odoo.tests")]
    tests = sum(int(match["tests"]) for match in results)
    broken = sum(int(match["failed"]) + int(match["errors"]) for match in results)
    skipped = [entry for entry in log if SKIPPED.match(entry["text"])]
    loud = [entry for entry in log if entry["level"] in LOUD and ours(entry) and not RESULT.search(entry["text"])]
    for entry in [*skipped, *loud]:
        print(f"{entry['level']} {entry['logger']}: {entry['text'][:4000].rstrip()}")
    if not tests:
        print("no test ran")
    failed = max(broken + len(skipped), len(loud) and 1, 0 if tests else 1)
    print(f"{max(tests - broken - len(skipped), 0)} passed, {failed} failed")


main()
