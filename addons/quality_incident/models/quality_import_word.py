from odoo import api, fields, models

from .quality_incident import GRADES

#: “still open”, whatever the first state of a document is called
START = "draft"


class QualityImportWord(models.Model):
    """What a word in somebody else's file means here.

    Odoo's import can replace unknown values of a selection by one value only; three classes A, B and C of an authority
    need three.
    """

    _name = "quality.import.word"
    _description = "Word in imported files"
    _order = "meaning, name, id"

    name = fields.Char("Word in the file", required=True)
    meaning = fields.Selection(
        [
            *((grade, f"Grade: {label}") for grade, label in GRADES),
            (START, "State: still open, starts here"),
            ("closed", "State: Closed (history)"),
            ("cancelled", "State: Cancelled (history)"),
        ],
        required=True,
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")

    _once = models.UniqueIndex("(LOWER(name), COALESCE(company_id, 0))", "This word is known already.")

    @api.model
    def _meanings(self, field):
        """Return a function from a value of a file to the value of selection ``field`` it means, or to itself."""
        values = field.get_values(self.env)
        if field.name == "state":
            values = [*values, START]
        words = self.search(
            [
                ("meaning", "in", values),
                ("company_id", "in", [False, self.env.company.id]),
            ]
        )
        # a company's own word counts more than everybody's
        known = {self._key(word.name): word.meaning for word in words.sorted(lambda word: bool(word.company_id))}
        first = values[0] if field.name == "state" else START
        known = {word: first if meaning == START else meaning for word, meaning in known.items()}
        return lambda value: known.get(self._key(value), value)

    @api.model
    def _key(self, value):
        return " ".join(value.split()).casefold() if isinstance(value, str) else value
