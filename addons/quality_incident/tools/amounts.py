"""Amounts in words, as documents for authorities want them beside the figures (F1)."""
import cn2an
from babel.numbers import get_currency_name
from odoo.tools import get_lang

#: financial capitals as they are written where Chinese is written in traditional characters
TRADITIONAL = str.maketrans("贰叁陆万亿", "貳參陸萬億")


def amount_in_words(amount, currency, lang=None):
    """Return ``amount`` of ``currency`` in the words of ``lang``, by default the language of the environment.

    Chinese gets financial capitals (人民币壹万贰仟元整), every other language what Odoo itself writes.

    :param amount: not negative; rounded to the currency
    :param currency: one ``res.currency``
    :param lang: language code like ``zh_CN``
    :raises ValueError: the amount is negative
    """
    if currency.compare_amounts(amount, 0) < 0:
        raise ValueError("An amount on a document cannot be negative.")
    lang = lang or get_lang(currency.env).code
    if lang.startswith("zh"):
        return _chinese_capitals(amount, currency, lang)
    return currency.with_context(lang=lang).amount_to_text(amount)


def _chinese_capitals(amount, currency, lang):
    # A string, because a float like 4.35 would lose its last fen.
    figures = f"{abs(currency.round(amount)):.{currency.decimal_places}f}"
    try:
        capitals = currency.decimal_places <= 2 and cn2an.an2cn(figures, "rmb")
    except ValueError:  # above sixteen digits
        capitals = False
    if not capitals:  # nor are there any for thousandths
        return currency.with_context(lang=lang).format(amount)
    traditional = lang != "zh_CN"
    name = get_currency_name(currency.name, locale="zh_Hant_TW" if traditional else "zh_Hans_CN")
    return name + (capitals.translate(TRADITIONAL) if traditional else capitals)
