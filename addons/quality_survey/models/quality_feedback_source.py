from odoo import api, models

KEY = ("source_model", "source_id", "channel")


class QualityFeedbackSource(models.AbstractModel):
    """A record of daily work in which customers give their opinion; it files each exactly once (D10, D17).

    While the record may still be corrected, so is its opinion (``is_final``); what is cancelled is withdrawn. From
    then on the opinion stands, whatever happens to the record.
    """

    _name = "quality.feedback.source"
    _description = "Where customers give their opinion"

    #: fields that the opinion is made of
    _feedback_fields = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._sync_feedback()
        return records

    def write(self, vals):
        result = super().write(vals)
        if not self._feedback_fields.isdisjoint(vals):
            self._sync_feedback()
        return result

    def _feedback_values(self):
        """Hook: return the values of the opinion given in this record, as of ``_collect``, or None.

        ``is_final`` says whether it can still be corrected.
        """
        self.ensure_one()

    def _sync_feedback(self):
        """File, correct or withdraw the opinions given in these records."""
        feedback = self.env["quality.feedback"]._with_collecting_env()
        records = self.sudo()
        known = feedback.search([("source_model", "=", self._name), ("source_id", "in", self.ids)])
        by_record = known.grouped("source_id")
        fresh, gone = [], feedback.browse()
        for record in records:
            values = record._feedback_values()
            filed = by_record.get(record.id, feedback)
            same = filed.filtered(lambda row, values=values: values and row.channel == values["channel"])
            gone |= filed - same
            if values and same:
                same._correct([values])
            elif values:
                fresh.append({**values, "source_model": self._name, "source_id": record.id})
        gone._withdraw()
        if fresh:
            feedback._collect(fresh)
