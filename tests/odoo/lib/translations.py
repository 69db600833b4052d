"""translations.py merge|check TEMPLATE FOLDER LANGUAGE...: brings i18n/ in line with the source, or says where it is not.

A translation that loses a placeholder of its original would be an error in the face of a user: that is checked too.
"""

import re
import sys
from pathlib import Path

import polib

PLACEHOLDER = re.compile(r"%\(\w+\)s|%s|%d|\$\{[^}]*\}")
HEADER = {"Project-Id-Version": "omeet", "MIME-Version": "1.0", "Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit"}


def read(path: Path) -> polib.POFile:
    return polib.pofile(str(path), wrapwidth=120) if path.exists() else polib.POFile(wrapwidth=120)


def plain(file: polib.POFile, language: str = "") -> polib.POFile:
    """Without dates, so that only words change it."""
    file.header, file.metadata = "", HEADER | ({"Language": language} if language else {})
    file.metadata_is_fuzzy = False
    for entry in file:
        entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
    return file


def merge(template: polib.POFile, folder: Path, languages: list[str]) -> int:
    folder.mkdir(exist_ok=True)
    plain(template).save(str(folder / "omeet.pot"))
    for language in languages:
        known = {entry.msgid: entry.msgstr for entry in read(folder / f"{language}.po") if entry.msgstr}
        file = polib.POFile(wrapwidth=120)
        for entry in template:
            file.append(polib.POEntry(msgid=entry.msgid, msgstr=known.get(entry.msgid, ""), comment=entry.comment, occurrences=entry.occurrences))
        plain(file, language).save(str(folder / f"{language}.po"))
        open_ones = file.untranslated_entries()
        print(f"{language}: {len(open_ones)} of {len(file)} are to be translated")
    return 0


def faults(template: polib.POFile, folder: Path, languages: list[str]) -> list[str]:
    wanted = {entry.msgid for entry in template}
    found = []
    if {entry.msgid for entry in read(folder / "omeet.pot")} != wanted:
        found.append("omeet.pot is not what the source says: run tests/odoo/run --i18n")
    for language in languages:
        translated = {entry.msgid: entry.msgstr for entry in read(folder / f"{language}.po")}
        found += [f"{language}: not translated: {text!r}" for text in sorted(wanted) if not translated.get(text)]
        found += [
            f"{language}: other placeholders than in {text!r}"
            for text, words in translated.items()
            if words and sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(words))
        ]
    return found


def main() -> int:
    action, template, folder, *languages = sys.argv[1:]
    source = read(Path(template))
    if action == "merge":
        return merge(source, Path(folder), languages)
    found = faults(source, Path(folder), languages)
    print("\n".join(found))
    return bool(found)


sys.exit(main())
