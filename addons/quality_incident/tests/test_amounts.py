from odoo.tests import TransactionCase, tagged

from ..tools.amounts import amount_in_words


@tagged("post_install", "-at_install")
class TestAmounts(TransactionCase):
    """F1: amounts in words, in Chinese as financial capitals."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cny, cls.usd, cls.jpy, cls.kwd = (cls.env.ref(f"base.{code}") for code in ("CNY", "USD", "JPY", "KWD"))

    def test_chinese_capitals(self):
        """F1: boundary values, as the central bank's rules for bills spell them."""
        expected = {
            0: "人民币零元整",
            0.05: "人民币伍分",
            10: "人民币壹拾元整",
            325.04: "人民币叁佰贰拾伍元零肆分",
            4.35: "人民币肆元叁角伍分",
            10000.5: "人民币壹万元伍角",
            12000: "人民币壹万贰仟元整",
            100000000: "人民币壹亿元整",
            1010100.1: "人民币壹佰零壹万零壹佰元壹角",
        }
        for amount, words in expected.items():
            self.assertEqual(amount_in_words(amount, self.cny, "zh_CN"), words)

    def test_rounded_to_the_currency(self):
        """F1: what is printed in words is what is printed in figures."""
        self.assertEqual(amount_in_words(0.0049, self.cny, "zh_CN"), "人民币零元整")
        self.assertEqual(amount_in_words(9.995, self.cny, "zh_CN"), "人民币壹拾元整")
        self.assertEqual(amount_in_words(-0.001, self.cny, "zh_CN"), "人民币零元整")

    def test_other_currencies_in_chinese(self):
        """F1: a foreign currency by its Chinese name; one without cents; one with thousandths in figures."""
        self.assertEqual(amount_in_words(12000, self.usd, "zh_CN"), "美元壹万贰仟元整")
        self.assertEqual(amount_in_words(12000, self.jpy, "zh_CN"), "日元壹万贰仟元整")
        self.assertIn("12.000", amount_in_words(12, self.kwd, "zh_CN"))

    def test_traditional_characters(self):
        """F1: where Chinese is written in traditional characters, so are the capitals."""
        self.assertEqual(amount_in_words(23000, self.cny, "zh_TW"), "人民幣貳萬參仟元整")

    def test_other_languages(self):
        """F1: elsewhere the words are those of Odoo."""
        self.assertEqual(amount_in_words(12000, self.usd, "en_US"), "Twelve Thousand Dollars")
        self.assertEqual(amount_in_words(0.05, self.cny, "en_US"), "Zero Yuan and Five Fen")
        self.assertEqual(amount_in_words(10, self.usd.with_context(lang="en_US")), "Ten Dollars")

    def test_beyond_words(self):
        """F1: what has no capitals is given in figures, not with an error."""
        self.assertIn("10,000,000,000,000,0", amount_in_words(10**16, self.cny, "zh_CN"))

    def test_negative_refused(self):
        """F1: no document has a negative amount."""
        for lang in ("zh_CN", "en_US"):
            with self.assertRaises(ValueError):
                amount_in_words(-1, self.cny, lang)
