"""Templates and translations as files; run inside the Python environment, which has polib."""

import sys
from pathlib import Path

import polib

LANGUAGE = "zh_CN"


def _plain(template):
    """Return the entries of a template without its dates: what makes two of them different."""
    return [(entry.msgid, entry.comment, entry.tcomment, entry.occurrences, entry.flags) for entry in template]


def _ready(text):
    """Return the template that Odoo exported, without the dates that change on each run."""
    template = polib.pofile(str(text))
    for name in ("POT-Creation-Date", "PO-Revision-Date"):
        template.metadata.pop(name, None)
    return template


def write(folder, text):
    """Write the template, and the translation in its order with what is translated already."""
    folder.mkdir(exist_ok=True)
    template = _ready(text)
    template.save(str(folder / f"{folder.parent.name}.pot"))
    path = folder / f"{LANGUAGE}.po"
    known = {entry.msgid: entry for entry in (polib.pofile(str(path)) if path.exists() else [])}
    template.metadata.update({"Language": LANGUAGE, "Plural-Forms": "nplurals=1; plural=0;"})
    for entry in template:
        if found := known.get(entry.msgid):
            entry.msgstr, entry.tcomment = found.msgstr, found.tcomment
            entry.flags += [flag for flag in found.flags if flag == "fuzzy"]
    template.save(str(path))
    print(f"{path}: {template.percent_translated()} % of {len(template)} texts")
    return []


def check(folder, text):
    """Return what is missing, one line each."""
    problems = []
    pot, po = folder / f"{folder.parent.name}.pot", folder / f"{LANGUAGE}.po"
    template = _ready(text)
    if not pot.exists() or _plain(polib.pofile(str(pot))) != _plain(template):
        problems.append(f"{pot} is out of date: run ./dev i18n")
    translated = {entry.msgid: entry for entry in (polib.pofile(str(po)) if po.exists() else [])}
    for entry in template:
        found = translated.get(entry.msgid)
        if not found or not found.translated():
            problems.append(f"{po}: {'fuzzy' if found and found.fuzzy else 'untranslated'}: {entry.msgid!r}")
    return problems


def main():
    """Handle pairs of a folder and the texts exported for it."""
    mode, *paths = sys.argv[1:]
    handle = check if mode == "--check" else write
    problems = []
    for folder, text in zip(paths[::2], paths[1::2], strict=True):
        problems += handle(Path(folder), Path(text))
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
