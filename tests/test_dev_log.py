"""How the tests of Odoo are counted from its log."""

from devtools.odoolog import Reader

PREFIX = "2026-01-01 10:00:00,000 42"


def read(*lines):
    """Return the outcome of a log given as 'LEVEL logger: text', and what was reported."""
    reported = []
    reader = Reader(reported.append)
    for line in lines:
        level, _, rest = line.partition(" ")
        logger, _, text = rest.partition(": ")
        reader.feed(f"{PREFIX} {level} run-1-1 {logger}: {text} \n" if text else line)
    reader.flush()
    return reader.outcome, reported


TEST = "odoo.addons.shop.tests.test_shop"


def test_passed_failed_and_skipped_are_told_apart():
    outcome, reported = read(
        f"INFO {TEST}: Starting TestShop.test_a ...",
        f"INFO {TEST}: Starting TestShop.test_b ...",
        f"ERROR {TEST}: FAIL: TestShop.test_b",
        "AssertionError",
        f"INFO {TEST}: Starting TestShop.test_c ...",
        f"INFO {TEST}: skipped TestShop.test_c : not today",
        "ERROR odoo.tests.result: 1 failed, 0 error(s) of 3 tests when loading database 'run-1-1'",
    )
    assert outcome.passed == {"shop.TestShop.test_a"}
    assert outcome.failed == {"shop.TestShop.test_b"}
    assert outcome.skipped == {"shop.TestShop.test_c": "not today"}
    assert outcome.summary == 3
    assert any("AssertionError" in text for text in reported)


def test_subtests_and_repeated_summaries_count_once():
    outcome, _reported = read(
        f"INFO {TEST}: Starting TestShop.test_a ...",
        f"ERROR {TEST}: FAIL: Subtest TestShop.test_a (i=1)",
        f"ERROR {TEST}: FAIL: Subtest TestShop.test_a (i=2)",
        "ERROR odoo.modules.loading: Module shop: 2 failures, 0 errors of 1 tests",
        "ERROR odoo.modules.loading: At least one test failed when loading the modules.",
    )
    assert (len(outcome.passed), len(outcome.failed)) == (0, 1)


def test_a_class_that_cannot_be_set_up_fails():
    outcome, _reported = read(f"ERROR {TEST}: ERROR: setUpClass (odoo.addons.shop.tests.test_shop.TestShop)")
    assert outcome.failed == {"shop.tests.test_shop.TestShop.setUpClass"}


def test_an_error_that_is_only_logged_fails_the_test_under_way():
    outcome, _reported = read(
        f"INFO {TEST}: Starting TestShop.test_a ...",
        "ERROR odoo.addons.shop.models.order: something went wrong",
    )
    assert outcome.failed == {"shop.TestShop.test_a"}


def test_an_error_outside_of_tests_fails_the_run():
    outcome, _reported = read("CRITICAL odoo.service.server: Failed to initialize database")
    assert outcome.failed == {"error in the log of odoo.service.server"}


def test_demo_data_that_cannot_be_loaded_fails_the_run():
    outcome, _reported = read(
        "WARNING odoo.modules.loading: Module shop demo data failed to install, installed without demo data")
    assert outcome.failed


def test_a_browser_test_that_is_skipped_fails():
    for reason in ("Chrome executable not found", "websocket-client module is not installed",
                   "Failed to detect chrome devtools port after 10.0s."):
        outcome, _reported = read(
            f"INFO {TEST}: Starting TestTour.test_tour ...",
            f"INFO {TEST}: skipped TestTour.test_tour : {reason}",
        )
        assert outcome.failed == {"shop.TestTour.test_tour"}
        assert not outcome.skipped
