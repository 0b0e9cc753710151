"""Which stretches of a text name a person, as a regular expression of PostgreSQL."""

import re
from typing import NamedTuple

from markupsafe import escape

#: what stands in a text instead of a name; never translated, so that it can be searched for
ERASED = "[erased]"
#: what an erased contact is called
ERASED_NAME = "Erased person %s"
#: shorter spellings would tear up texts that mean somebody else
SHORTEST = 2
#: beside these a name written in them is part of a longer word; Chinese has no such border
LETTERS = "0-9A-Za-z\u00c0-\u024f\u0370-\u052f"


class Person(NamedTuple):
    """Whose data is erased: the contact with its addresses, and the spellings that texts may hold."""

    partner_ids: tuple
    terms: frozenset

    @property
    def pattern(self):
        """Return the regular expression that finds the person, or None when there is nothing to look for."""
        spellings = self.terms | {str(escape(term)) for term in self.terms}
        return "|".join(term_pattern(term) for term in sorted(spellings, key=len, reverse=True)) or None


def clean_terms(texts):
    """Return the distinct spellings in ``texts`` that can be looked for; not the name of an erased contact."""
    stripped = {" ".join((text or "").split()) for text in texts}
    anonymous = re.compile(re.escape(ERASED_NAME) % r"\d+")
    return frozenset(
        term for term in stripped if len(term) >= SHORTEST and term != ERASED and not anonymous.fullmatch(term)
    )


def term_pattern(term):
    """Return the regular expression for one spelling: any white space for a space, no part of a longer word."""
    # An address may stand before a full stop, so only what precedes it may be one of its own signs.
    own_signs = "._%+-" if "@" in term else ""
    before = f"(?<![{LETTERS}{own_signs}])" if re.match(f"[{LETTERS}]", term) else ""
    after = f"(?![{LETTERS}])" if re.match(f"[{LETTERS}]", term[-1]) else ""
    return before + r"\s+".join(re.escape(word) for word in term.split()) + after
