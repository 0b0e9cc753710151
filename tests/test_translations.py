"""The translations of every addon are complete and fit their texts (F1)."""

import re
from collections import Counter

import polib
import pytest

from devtools import addons, i18n
from devtools.paths import ADDONS
from devtools.pofiles import LANGUAGE

#: Python's and QWeb's placeholders: as many of each in the translation as in the text
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[-+ 0#]*\d*(?:\.\d+)?[sdfgr%]|\{\{.*?\}\}|\$\{.*?\}")
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
#: attributes of a tag that a translation may change
WORDS_IN_TAG = re.compile(r'\b(?:title|alt|placeholder|aria-label|data-tooltip)="[^"]*"')
HAN = re.compile(r"[\u4e00-\u9fff]")
#: what is the same in every language: short forms, digits, names of files and formats
SAME_IN_CHINESE = re.compile(r"[\W\d_]*|[A-Z0-9 -]+|Logo|[a-z_]+_id|sha256sum -c SHA256SUMS")

TRANSLATED = [name for name in addons.names() if (ADDONS / name / "i18n").is_dir()]


def _entries(name):
    return polib.pofile(str(ADDONS / name / "i18n" / f"{LANGUAGE}.po"))


def _counted(pattern, text):
    return Counter(WORDS_IN_TAG.sub("", match) for match in pattern.findall(text))


def test_every_addon_has_a_translation():
    """F1."""
    assert [name for name in addons.names() if not (ADDONS / name / "i18n" / f"{LANGUAGE}.po").exists()] == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_text_is_translated(name):
    """F1."""
    entries = _entries(name)
    assert entries
    assert [entry.msgid for entry in entries if not entry.translated()] == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_translations_are_chinese(name):
    """F1: nothing is translated by repeating it."""
    same = [entry.msgid for entry in _entries(name) if not HAN.search(entry.msgstr)]
    words = {text: TAG.sub("", PLACEHOLDER.sub("", text)) for text in same}
    assert [text for text in same if not SAME_IN_CHINESE.fullmatch(words[text])] == []


@pytest.mark.parametrize("pattern", [PLACEHOLDER, TAG], ids=["placeholders", "tags"])
@pytest.mark.parametrize("name", TRANSLATED)
def test_translations_keep(name, pattern):
    """F1: a lost placeholder would lose a name or break a message; a lost tag would break a view."""
    broken = [
        (entry.msgid, entry.msgstr) for entry in _entries(name)
        if _counted(pattern, entry.msgid) != _counted(pattern, entry.msgstr)
    ]
    assert broken == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_template_and_translation_have_the_same_texts(name):
    """F1."""
    template = polib.pofile(str(ADDONS / name / "i18n" / f"{name}.pot"))
    assert [entry.msgid for entry in template] == [entry.msgid for entry in _entries(name)]


def test_templates_are_those_of_the_code(odoo):
    """F1: every text of the code is in the template, and nothing else."""
    assert i18n.run([], check=True) == 0, "run ./dev i18n, and translate what it found"
