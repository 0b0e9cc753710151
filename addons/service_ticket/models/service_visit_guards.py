from odoo import fields, models


class ServiceVisit(models.Model):
    """The guards: each returns what is missing for a step, as texts a person can act on."""

    _inherit = "service.visit"

    def _missing_order(self):
        """C9: task, customer, contact and time are on the dispatch order."""
        missing = [
            self._fields[name]._description_string(self.env)
            for name in ("task", "partner_id", "contact_name", "phone", "planned_start")
            if not self[name]
        ]
        if not self.engineer_ids:
            missing.append(self.env._("At least one engineer"))
        return missing

    def _missing_people(self):
        """C1, C9: a leader for two or more, and everybody qualified on that day."""
        missing = []
        crew = self.sudo().engineer_ids
        if len(crew) > 1 and self.leader_id not in crew:
            missing.append(self.env._("The leader: one of the engineers, when two or more drive out"))
        day = fields.Datetime.context_timestamp(self, self.planned_start or fields.Datetime.now()).date()
        for engineer in crew - crew._service_qualified(self.sudo().product_id, day):
            missing.append(
                self.env._(
                    "A valid qualification of %(name)s for %(product)s on %(day)s",
                    name=engineer.name,
                    product=self.sudo().product_id.categ_id.name or self.env._("service"),
                    day=day,
                )
            )
        return missing

    def _missing_ticket(self):
        ticket = self.sudo().ticket_id
        if ticket.state not in ("analysis", "planned", "in_progress"):
            return [self.env._("A ticket that has been analysed: %s", ticket._state_label(ticket.state))]
        return ticket._missing_analysis()

    def _missing_preparation(self):
        open_items = self.check_ids.filtered(lambda check: check.is_required and not check.done)
        return [self.env._("Preparation: %s", check.name) for check in open_items]

    def _missing_report(self):
        """C10: listened, looked, checked, the true cause, what was done, how it ended."""
        needed = ("listen", "look", "examine", "true_cause", "work_done", "departure_report", "result")
        missing = [self._fields[name]._description_string(self.env) for name in needed if not self[name]]
        if self.result == "unsolved" and not self.opinion:
            missing.append(self.env._("Your own opinion: what do you propose?"))
        return missing

    def _missing_signature(self):
        """C6: the customer signed exactly this, or refused before a witness."""
        validity = self.seal_validity
        if validity in ("valid", "refused"):
            return []
        if validity == "none":
            return [self.env._("The customer's signature, or the refusal with reason and witness")]
        return [self.env._("A new signature: the report was changed after the customer signed it")]

    def _missing_report_approval(self):
        if self._gate_approved("service_report"):
            return []
        return [self.env._("The leader's approval of the service report")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]
