from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.scales import NotOnScale, to_hundred
from .quality_feedback import FIGURES

#: of a correction: everything but what tells which opinion it is
CORRECTED = (
    "given_at", "subject", "comment", "has_score", "score", "original_score", "original_scale", "is_satisfied",
    "has_nps", "nps", "partner_id", "team_id", "engineer_id", "product_id", "region", "customer_class", "is_final",
    "active",
)
CONTEXT = ("team_id", "engineer_id", "product_id", "region", "customer_class")


class QualityFeedback(models.Model):
    """The one way in for opinions from every channel (D10)."""

    _inherit = "quality.feedback"

    @api.model
    def _collect(self, vals_list):
        """File opinions, each exactly once, and return their rows in the order given.

        The caller has checked its user. Values are fields of the model, but for

        * ``score`` with ``scale`` (see ``tools.scales``; default ``0-100``), as it was given; ``nps`` 0–10;
          ``repurchase`` with ``repurchase_scale``
        * ``scores``: list of ``{"dimension", "score", "scale"}``
        * ``source_model`` and ``source_id``: an opinion of that source and channel that is filed already is returned
          as it is

        Empty context (team, engineer, product, region, class of customer) is taken from the visit, the ticket and the
        customer as they are now, and stays. Those with ``is_anonymous`` keep nobody and nothing that leads to anybody.

        :raises UserError: a value is not on its scale
        """
        rows = self._with_collecting_env()
        known = rows._find_collected(vals_list)
        fresh = {}
        for index, vals in enumerate(vals_list):
            key = self._collected_key(vals) or index
            if key not in known and key not in fresh:
                fresh[key] = vals
        created = rows.create(rows._prepare_collected(list(fresh.values())))
        known.update(zip(fresh, created, strict=True))
        created._after_collect()
        found = rows.browse(known[self._collected_key(vals) or index].id for index, vals in enumerate(vals_list))
        return found.with_env(self.env)

    @api.model
    def _with_collecting_env(self):
        """Return the model as the system files opinions: no default of the caller, no note for each in the chatter."""
        context = {name: value for name, value in self.env.context.items() if not name.startswith("default_")}
        context |= {"mail_create_nolog": True, "mail_create_nosubscribe": True, "active_test": False}
        return self.with_env(self.env(context=context, su=True))

    @api.model
    def _collected_key(self, vals):
        """Return what an opinion is recognised by, or None when nothing tells."""
        if vals.get("source_model") and vals.get("source_id"):
            return vals["source_model"], vals["source_id"], vals["channel"]
        return None

    @api.model
    def _find_collected(self, vals_list):
        """Return ``{key: row}`` of the opinions that are filed already."""
        ids = {}
        for key in filter(None, map(self._collected_key, vals_list)):
            ids.setdefault(key[0], set()).add(key[1])
        found = self.browse()
        for model, res_ids in ids.items():
            found |= self.search([("source_model", "=", model), ("source_id", "in", list(res_ids))])
        return {(row.source_model, row.source_id, row.channel): row for row in found}

    # ------------------------------------------------------------------
    # Values of a row
    # ------------------------------------------------------------------

    @api.model
    def _prepare_collected(self, vals_list):
        """Return the values of the rows; everything that is wrong is said at once.

        :raises UserError: values that are not on their scale
        """
        problems, prepared = [], []
        self._prefetch_sources(vals_list)
        for given in vals_list:
            vals = {**given}
            scores = [self._map_dimension(one, problems) for one in vals.pop("scores", None) or ()]
            figures = self._map_figures(vals, problems)
            context = self._context_of(vals)
            row = {**vals, **context, **figures}
            row["score_ids"] = [fields.Command.create(score) for score in scores if score]
            prepared.append(row)
        if problems:
            raise UserError("\n".join(dict.fromkeys(problems)))
        return prepared

    @api.model
    def _map_figures(self, vals, problems):
        """Take the figures as they were given out of ``vals`` and return them on our scale."""
        company = self.env["res.company"].browse(vals.get("company_id") or self.env.company.id)
        given, scale = vals.pop("score", None), vals.pop("scale", None) or "0-100"
        nps = vals.pop("nps", None)
        again, again_scale = vals.pop("repurchase", None), vals.pop("repurchase_scale", None) or "0-100"
        figures = {"company_id": company.id}
        if given is not None and given is not False:
            score, original = self._on_scale(given, scale, problems)
            figures |= {
                "has_score": True, "score": score, "original_score": original, "original_scale": scale,
                "is_satisfied": score >= company.survey_satisfied_score,
            }
        if nps is not None and nps is not False:
            _score, number = self._on_scale(nps, "0-10", problems)
            if number != int(number):
                problems.append(self.env._("%(value)s is not on the scale %(scale)s.", value=nps, scale="0-10"))
            figures |= {"has_nps": True, "nps": int(number)}
        if again is not None and again is not False:
            figures |= {"has_repurchase": True, "repurchase": self._on_scale(again, again_scale, problems)[0]}
        return figures

    @api.model
    def _map_dimension(self, given, problems):
        score, original = self._on_scale(given["score"], given.get("scale") or "0-100", problems)
        return {"dimension": given["dimension"], "score": score, "original_score": original}

    @api.model
    def _on_scale(self, value, scale, problems):
        try:
            return to_hundred(value, scale)
        except NotOnScale:
            problems.append(self.env._("%(value)s is not on the scale %(scale)s.", value=value, scale=scale))
            return 0.0, 0.0

    # ------------------------------------------------------------------
    # The context as it is now
    # ------------------------------------------------------------------

    @api.model
    def _prefetch_sources(self, vals_list):
        for name in ("visit_id", "ticket_id", "partner_id"):
            ids = {vals[name] for vals in vals_list if vals.get(name)}
            self.env[self._fields[name].comodel_name].browse(ids).exists()

    @api.model
    def _context_of(self, vals):
        """Return who it is about, as known now: from the visit, else the ticket, else the customer."""
        visit = self.env["service.visit"].browse(vals.get("visit_id") or ())
        ticket = self.env["service.ticket"].browse(vals.get("ticket_id") or ()) or visit.ticket_id
        partner = self.env["res.partner"].browse(vals.get("partner_id") or ())
        partner = partner or visit.partner_id or ticket.partner_id
        engineer = visit.leader_id or (visit.engineer_ids if len(visit.engineer_ids) == 1 else visit.leader_id)
        found = {
            "ticket_id": ticket.id,
            "partner_id": partner.id,
            "team_id": ticket.team_id.id,
            "engineer_id": engineer.id,
            "product_id": (visit.product_id or ticket.product_id).id,
            "region": self._region_of(partner),
            "customer_class": self._class_of(partner),
        }
        return {name: value for name, value in found.items() if not vals.get(name)}

    @api.model
    def _region_of(self, partner):
        """Return the name of the region a customer belongs to."""
        known = "service_region" in partner._fields and partner.service_region
        return known or partner.state_id.name or partner.country_id.name or False

    @api.model
    def _class_of(self, partner):
        """Return the readable class of a customer."""
        field = partner._fields.get("customer_class")
        value = field and partner.commercial_partner_id.customer_class
        if value and field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        return value or False

    # ------------------------------------------------------------------
    # Corrections, while it is not final
    # ------------------------------------------------------------------

    def _correct(self, vals_list):
        """Let opinions that are not final follow what was corrected at their source; the old figures stay in the log.

        :param vals_list: for each record values as of :meth:`_collect`
        """
        rows = self._with_collecting_env().browse(self.ids)
        for row, vals in zip(rows, rows._prepare_collected(vals_list), strict=True):
            if row.is_final:
                continue
            scores = [command[2] for command in vals.pop("score_ids")]
            empty = dict.fromkeys(FIGURES - {"score_ids"}, False)
            wanted = {**empty, "is_final": True, "active": True, **vals}
            changes = {
                name: wanted[name] for name in CORRECTED if name in wanted and row._would_change(name, wanted[name])
            }
            had = {one.dimension: one.score for one in row.score_ids}
            rescored = had != {one["dimension"]: one["score"] for one in scores}
            if rescored:
                row.score_ids.unlink()
                row.env["quality.feedback.score"].create([{**one, "feedback_id": row.id} for one in scores])
            if {"score", "nps", "has_score", "has_nps"} & changes.keys():
                row._message_log(body=row.env._("Corrected at its source; the score was %s before.", row._figures()))
            if changes:
                row._rewrite(changes)
            if rescored or FIGURES & changes.keys():
                row._after_correct()

    def _withdraw(self):
        """Take opinions that are not final out of all figures: where they came from was cancelled."""
        rows = self._with_collecting_env().browse(self.ids).filtered(lambda row: row.active and not row.is_final)
        rows._rewrite({"active": False})
        rows._after_withdraw()

    def _figures(self):
        """Return the figures of an opinion as a short text."""
        parts = [f"{self.score:g}"] if self.has_score else []
        parts += [f"NPS {self.nps}"] if self.has_nps else []
        return ", ".join(parts) or "–"
