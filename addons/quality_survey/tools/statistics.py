"""The arithmetic of satisfaction: net promoter score, means, changes, sizes of samples. No database here.

Shares, their Wilson interval and the verdict on a target are those of the indicators; there is one of each.
"""

from dataclasses import astuple, dataclass
from decimal import Decimal
from math import ceil, sqrt
from statistics import NormalDist

from odoo.addons.quality_incident.tools.indicators import CONFIDENCE, judge, wilson_interval

#: points on both sides of a target that an advice on the sample assumes when it knows no better
MARGIN = 0.05
PROMOTER, DETRACTOR = 9, 6


@dataclass(frozen=True)
class Tally:
    """What was counted of one group of opinions; tallies of disjoint groups add up.

    :param answers: opinions, scored or not
    :param anonymous: those of them without a name
    :param scored: those with a score; ``satisfied`` of them at or above the bound
    :param total: sum of the scores (0–100), ``squares`` that of their squares, both exact
    :param asked: those with an answer from 0 to 10 to “would you recommend us”
    """

    answers: int = 0
    anonymous: int = 0
    scored: int = 0
    satisfied: int = 0
    total: Decimal = Decimal(0)
    squares: Decimal = Decimal(0)
    asked: int = 0
    promoters: int = 0
    detractors: int = 0

    def __add__(self, other):
        return Tally(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def share(self):
        """Return (share of the satisfied, lower, upper end of its 95 % Wilson interval), each from 0 to 1, or None."""
        if not self.scored:
            return None
        return self.satisfied / self.scored, *wilson_interval(self.satisfied, self.scored)

    def mean(self):
        """Return (mean score, its standard error) or None; the error of a single score is None."""
        return mean_of(self.total, self.squares, self.scored) if self.scored else None

    def nps(self):
        """Return (net promoter score, its standard error) in points, or None."""
        return net_promoter_score(self.promoters, self.detractors, self.asked) if self.asked else None

    def verdict(self, target):
        """Return ``met, not_met, not_proven`` for the share against ``target`` (0 to 1), or ``no_data, no_target``."""
        share = self.share()
        if share is None:
            return "no_data"
        return "no_target" if target is None else judge(share[1], share[2], target, "higher")


def net_promoter_score(promoters, detractors, total):
    """Return (NPS, standard error), both in points from −100 to 100.

    With the shares p and d the score is p − d, and its standard error √((p + d − (p − d)²) / n).

    :raises ValueError: nobody was asked, or more promoters and detractors than people
    """
    if total <= 0 or min(promoters, detractors) < 0 or promoters + detractors > total:
        raise ValueError("a net promoter score needs 0 <= promoters + detractors <= total, and a total above 0")
    above, below = promoters / total, detractors / total
    score = above - below
    # Both shares together are at least the square of their difference; rounding may say otherwise.
    return 100 * score, 100 * sqrt(max(above + below - score * score, 0) / total)


def mean_of(total, squares, number):
    """Return (mean, standard error) of ``number`` values with that sum and sum of squares; of one value (mean, None).

    :raises ValueError: there is no value
    """
    if number <= 0:
        raise ValueError("a mean needs a value")
    total, squares = Decimal(total), Decimal(squares)
    mean = total / number
    if number == 1:
        return float(mean), None
    variance = max(squares - total * mean, Decimal(0)) / (number - 1)
    return float(mean), sqrt(variance / number)


def answers_needed(target, share=None):
    """Return how many answers prove a share of at least ``target``; both from 0 to 1.

    The lower end of the Wilson interval reaches the target t when n ≥ z² t (1 − t) / e², with e the distance of the
    share found from the target (z = 1.96 for 95 %). When the share found does not exceed the target no number would
    prove it, so the advice is for e = 5 points, the textbook size of a sample: 196 answers for 85 %.

    :raises ValueError: a target of 0 or 1, which no sample proves
    """
    if not 0 < target < 1:
        raise ValueError("only a target between 0 and 1 can be proven by a sample")
    z2 = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) ** 2
    distance = share - target if share is not None and share > target else MARGIN
    return ceil(z2 * target * (1 - target) / distance**2 - 1e-9)


def change_of(before, now):
    """Return ``better``, ``worse`` or ``not_proven`` for the shares of two tallies; ``no_data`` when one has none.

    A change is proven when the 95 % interval of the difference, made of the two Wilson intervals, leaves out 0.
    """
    old, new = before.share(), now.share()
    if old is None or new is None:
        return "no_data"
    difference = new[0] - old[0]
    low = difference - sqrt((new[0] - new[1]) ** 2 + (old[2] - old[0]) ** 2)
    high = difference + sqrt((new[2] - new[0]) ** 2 + (old[0] - old[1]) ** 2)
    if low > 0:
        return "better"
    return "worse" if high < 0 else "not_proven"


def merge_small(groups, minimum):
    """Return ``(groups shown, merged tally, merged keys)``: no group shown tells what few people said without a name.

    A group with an anonymous answer and fewer than ``minimum`` answers is hidden. When all the hidden ones are still
    too few, the next smallest group is hidden, too: else it would follow from the total.

    :param groups: dict of key → :class:`Tally`
    """
    small = [key for key, tally in groups.items() if tally.anonymous and tally.answers < minimum]
    if not small:
        return groups, None, []
    others = sorted((key for key in groups if key not in set(small)), key=lambda key: groups[key].answers)
    hidden = list(small)
    while sum(groups[key].answers for key in hidden) < minimum and others:
        hidden.append(others.pop(0))
    merged = sum((groups[key] for key in hidden), Tally())
    return {key: tally for key, tally in groups.items() if key not in set(hidden)}, merged, hidden
