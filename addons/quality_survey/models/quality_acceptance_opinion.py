from odoo import models
from odoo.exceptions import UserError

from .quality_acceptance_form import CUSTOMER, OPINIONS

TEXT_LENGTH = 10000


class QualityAcceptanceForm(models.Model):
    """What the customer says on an acceptance form: judgements, opinions, and their way to the register (D10, D14)."""

    _inherit = "quality.acceptance.form"

    def _fill_in(self, judgements, opinions):
        """Keep what the customer says on a form that is with them; the caller has checked who does.

        :param judgements: ``{check id: (result, remark)}``
        :param opinions: values of the fields of ``CUSTOMER`` as text
        :raises UserError: it is not with the customer, or a value is none of those offered
        """
        if self.state != "sent":
            raise UserError(self.env._("%s can no longer be filled in.", self.name))
        results = dict(self.check_ids._fields["result"].selection)
        vals = {}
        for name in CUSTOMER:
            value = (opinions.get(name) or "").strip()
            if name != "comment" and value and value not in dict(self._fields[name].selection):
                raise UserError(self.env._("An opinion goes from 1 to 5, a recommendation from 0 to 10."))
            vals[name] = value[:TEXT_LENGTH] or False
        self.write(vals)
        for check in self.check_ids:
            result, remark = judgements.get(check.id, (False, False))
            if result and result not in results:
                raise UserError(self.env._("Each point is accepted, not accepted, or does not apply."))
            check.write({"result": result or False, "remark": (remark or "").strip()[:200] or False})

    def _file_opinion(self):
        """File the opinions in the register of feedback; a form without any files nothing (D10, D14)."""
        grades = {name: int(self[name]) for name in OPINIONS if self[name]}
        if not grades and not self.recommend and not (self.comment or "").strip():
            return self.env["quality.feedback"]
        said = {"score": sum(grades.values()) / len(grades), "scale": "1-5"} if grades else {}
        if self.recommend:
            said["nps"] = int(self.recommend)
        return self.env["quality.feedback"]._collect(
            [
                {
                    "channel": "acceptance",
                    "subject": "service",
                    "company_id": self.company_id.id,
                    "partner_id": self.partner_id.id,
                    "given_at": self.signed_at,
                    "comment": self.comment,
                    "product_id": self.line_ids.product_id.id if len(self.line_ids.product_id) == 1 else False,
                    "ticket_id": self.ticket_id.id,
                    "source_model": self._name,
                    "source_id": self.id,
                    "scores": [
                        {"dimension": OPINIONS[name], "score": grade, "scale": "1-5"} for name, grade in grades.items()
                    ],
                    **said,
                }
            ]
        )
