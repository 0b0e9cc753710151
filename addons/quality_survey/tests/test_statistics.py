import random
import statistics
from decimal import Decimal
from math import sqrt

from odoo.tests import BaseCase, tagged

from ..tools.charts import bars, bubbles, lines
from ..tools.statistics import (
    Tally,
    answers_needed,
    change_of,
    mean_of,
    merge_small,
    net_promoter_score,
    wilson_interval,
)


@tagged("post_install", "-at_install")
class TestStatistics(BaseCase):
    """Done-when 2 (D15, E5): each formula against an independent way to count it."""

    def test_nps(self):
        """The standard error is that of the values +1, 0, −1 themselves."""
        many = ((1268, 935, 447), (3, 0, 0), (0, 0, 4), (0, 9, 0), (1, 0, 0), (5, 5, 5))
        for promoters, passives, detractors in many:
            values = [1] * promoters + [0] * passives + [-1] * detractors
            score, error = net_promoter_score(promoters, detractors, len(values))
            self.assertAlmostEqual(score, 100 * statistics.fmean(values), 9)
            self.assertAlmostEqual(error, 100 * statistics.pstdev(values) / sqrt(len(values)), 9)
        score, error = net_promoter_score(1268, 447, 2650)
        self.assertEqual((round(score, 2), round(error, 2)), (30.98, 1.44))
        for wrong in ((0, 0, 0), (3, 3, 5), (-1, 0, 5)):
            with self.assertRaises(ValueError):
                net_promoter_score(*wrong)

    def test_mean(self):
        dice = random.Random(7)
        for number in (1, 2, 3, 50, 20000):
            values = [Decimal(dice.randrange(0, 10001)) / 100 for _turn in range(number)]
            mean, error = mean_of(sum(values), sum(value * value for value in values), number)
            self.assertAlmostEqual(mean, float(statistics.mean(values)), 9)
            if number == 1:
                self.assertIsNone(error)
            else:
                self.assertAlmostEqual(error, float(statistics.stdev(values)) / sqrt(number), 6)
        self.assertEqual(mean_of(Decimal(300), Decimal(22500), 4), (75, 0), "all equal")
        with self.assertRaises(ValueError):
            mean_of(0, 0, 0)

    def test_wilson_is_where_the_score_test_turns(self):
        """The ends are the shares that a test of the share found would just not refuse."""
        for satisfied, number in ((2059, 2625), (0, 5), (5, 5), (1, 1), (0, 1), (17, 20), (500000, 1000000)):
            share = satisfied / number
            for end in wilson_interval(satisfied, number):
                if 0 < end < 1:
                    self.assertAlmostEqual(abs(share - end) / sqrt(end * (1 - end) / number), 1.959964, 5)
        low, high = wilson_interval(2059, 2625)
        self.assertEqual((round(100 * low, 2), round(100 * high, 2)), (76.82, 79.97))
        self.assertEqual(wilson_interval(0, 5)[0], 0)
        self.assertEqual(wilson_interval(5, 5)[1], 1)

    def test_answers_needed(self):
        """E5: 196 for 85 %; the interval reaches the target with so many answers and not with one fewer."""
        self.assertEqual(answers_needed(0.85), 196)
        self.assertEqual(answers_needed(0.85, 0.84), 196, "below the target no number proves it")
        self.assertEqual(answers_needed(0.85, 0.9), 196)
        for target, share in ((0.85, 0.9), (0.9, 0.95), (0.5, 0.75), (0.85, 1.0)):
            number = answers_needed(target, share)
            # the lower end for a share that need not be that of whole people
            for size, reached in ((number, True), (number - 1, False)):
                z2 = 1.959963984540054**2
                centre = share + z2 / (2 * size)
                spread = sqrt(z2 * (share * (1 - share) / size + z2 / (4 * size * size)))
                low = (centre - spread) / (1 + z2 / size)
                self.assertEqual(low >= target - 1e-12, reached, (target, share, size))
        for target in (0, 1):
            with self.assertRaises(ValueError):
                answers_needed(target)

    def test_verdict(self):
        """B5: met, not met, not proven; an empty group has no data."""
        self.assertEqual(Tally(scored=2625, satisfied=2059).verdict(0.85), "not_met")
        self.assertEqual(Tally(scored=1000, satisfied=900).verdict(0.85), "met")
        self.assertEqual(Tally(scored=20, satisfied=17).verdict(0.85), "not_proven")
        self.assertEqual(Tally().verdict(0.85), "no_data")
        self.assertEqual(Tally(scored=1, satisfied=1).verdict(None), "no_target")
        self.assertEqual((Tally().share(), Tally().mean(), Tally().nps()), (None, None, None))

    def test_tallies_add_up(self):
        one = Tally(3, 1, 2, 1, Decimal(150), Decimal(12500), 2, 1, 1)
        self.assertEqual(one + Tally(), one)
        self.assertEqual((one + one).answers, 6)
        self.assertEqual((one + one).mean()[0], one.mean()[0])

    def test_change(self):
        """D15: against last quarter; ties and small groups prove nothing."""
        many, fewer = Tally(scored=1000, satisfied=900), Tally(scored=1000, satisfied=800)
        self.assertEqual(change_of(fewer, many), "better")
        self.assertEqual(change_of(many, fewer), "worse")
        self.assertEqual(change_of(many, many), "not_proven")
        self.assertEqual(change_of(Tally(scored=1, satisfied=0), Tally(scored=1, satisfied=1)), "not_proven")
        self.assertEqual(change_of(Tally(), many), "no_data")
        # Newcombe (1998), table II: 56/70 and 48/80 have the interval from 0.0524 to 0.3339.
        self.assertEqual(change_of(Tally(scored=80, satisfied=48), Tally(scored=70, satisfied=56)), "better")

    def test_small_groups(self):
        """Done-when 4: a group is hidden with company, so that it does not follow from the total."""
        groups = {
            "a": Tally(answers=100), "b": Tally(answers=3, anonymous=1), "c": Tally(answers=20), "d": Tally(answers=2),
        }
        shown, merged, hidden = merge_small(groups, 5)
        self.assertEqual(set(shown), {"a", "c"})
        self.assertEqual((merged.answers, set(hidden)), (5, {"b", "d"}))
        self.assertEqual(merge_small({"d": Tally(answers=2)}, 5)[1], None, "nobody is anonymous")
        shown, merged, _hidden = merge_small({"a": Tally(answers=9), "b": Tally(answers=1, anonymous=1)}, 5)
        self.assertEqual((shown, merged.answers), ({}, 10))

    def test_charts_escape(self):
        for chart in (
            bars([("<b>&x</b>", 50, "<i>", (40, 60)), ("none", None, "–", None)], 85),
            lines(["<Q1>", "Q2"], [("<s>", [1, None]), ("t", [None, 5])], target=3),
            bubbles([("<p>", 50, 20, 3)], "<x>", "y", 85),
        ):
            self.assertTrue(chart.startswith("<svg"))
            for forbidden in ("<b>", "<i>", "<Q1>", "<s>", "<p>", "<x>"):
                self.assertNotIn(forbidden, chart)
