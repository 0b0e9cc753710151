from odoo import fields, models


class QualityOpinionMixin(models.AbstractModel):
    """A document in which a customer gives an opinion; the one place where such documents file it (D10)."""

    _name = "quality.opinion.mixin"
    _description = "Document with an opinion of a customer"

    def _file_feedback(self, channel, partner, **vals):
        """File the opinion kept in one document, once, and return its row of the register.

        :param channel: a value of ``quality.feedback.channel``
        :param partner: the customer
        :param vals: further values of the row; ``score`` with ``scale`` as it was given (``1-5``), ``nps`` 0–10,
            ``scores`` a list of ``{"dimension", "score", "scale"}``
        """
        self.ensure_one()
        feedback = self.env["quality.feedback"].sudo()
        known = feedback.search(
            [("source_model", "=", self._name), ("source_id", "=", self.id), ("channel", "=", channel)], limit=1
        )
        if known:
            return known
        company = partner.commercial_partner_id
        classes = dict(company._fields["customer_class"]._description_selection(self.env))
        values = {
            "company_id": self.company_id.id,
            "channel": channel,
            "subject": "service",
            "partner_id": partner.id,
            "region": partner.with_company(self.company_id)._service_region(),
            "customer_class": classes.get(company.customer_class, False),
            "source_model": self._name,
            "source_id": self.id,
            **vals,
        }
        return feedback.create(self._feedback_row(values))

    def _feedback_row(self, values):
        """Return ``values`` with figures as given on the scale of the register."""
        score, scale = values.pop("score", None), values.pop("scale", "0-100")
        nps, scores = values.pop("nps", None), values.pop("scores", ())
        row = {**values, "score_ids": []}
        if score is not None:
            row |= {
                "has_score": True, "score": self._to_hundred(score, scale), "original_score": score,
                "original_scale": scale,
            }
        if nps is not None:
            row |= {"has_nps": True, "nps": nps}
        for one in scores:
            mapped = self._to_hundred(one["score"], one["scale"])
            row["score_ids"].append(
                fields.Command.create(
                    {"dimension": one["dimension"], "score": mapped, "original_score": one["score"]}
                )
            )
        return row

    def _to_hundred(self, value, scale):
        low, high = map(float, scale.split("-"))
        return (float(value) - low) / (high - low) * 100
