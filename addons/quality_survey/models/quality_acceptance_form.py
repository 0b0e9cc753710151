from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column
from odoo.addons.quality_incident.tools.canonical import snapshot
from odoo.fields import Domain

GRADES = [("1", "Very poor"), ("2", "Poor"), ("3", "Fair"), ("4", "Good"), ("5", "Very good")]
RECOMMEND = [(str(grade), str(grade)) for grade in range(11)]
#: opinions of the customer, and the subject of satisfaction each is about
OPINIONS = {"opinion_quality": "quality", "opinion_delivery": "delivery", "opinion_service": "service"}
#: what the customer fills in
CUSTOMER = (*OPINIONS, "recommend", "comment")
#: what the company fills in
ORDER = ("partner_id", "picking_id", "ticket_id", "delivered_on", "line_ids", "contact_name", "company_id")
SEALED = [
    "name", "partner_id", "picking_id", "ticket_id", "delivered_on", "contact_name", *CUSTOMER, "signed_by",
    ("line_ids", ["product_id", "quantity", "serials"]), ("check_ids", ["name", "result", "remark"]),
]


class QualitySeal(models.Model):
    _inherit = "quality.seal"

    purpose = fields.Selection(
        selection_add=[("installation", "Installation acceptance")], ondelete={"installation": "cascade"}
    )


class QualityAcceptanceForm(models.Model):
    """The customer accepts what was delivered and installed, and says what they think (安装验收单; D14)."""

    _name = "quality.acceptance.form"
    _description = "Installation acceptance form"
    _inherit = [
        "quality.step.mixin",
        "quality.seal.mixin",
        "quality.evidence.mixin",
        "quality.portal.mixin",
        "quality.register.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "create_date desc, id desc"
    _rec_names_search = ["name", "partner_id.name"]
    _check_company_auto = True
    _sequence_code = "quality.acceptance.form"
    _personal_fields = (
        "contact_name", "email", "phone", "comment", "signed_by", "signature", "refusal_reason", "reason",
        "cancel_reason",
    )

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    state = fields.Selection(
        [("draft", "Draft"), ("sent", "With the customer"), ("signed", "Signed"), ("refused", "Refused"),
         ("cancelled", "Cancelled")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    user_id = fields.Many2one(
        "res.users", "Person in charge", index="btree_not_null", default=lambda self: self.env.user, tracking=True,
        check_company=True, domain="[('share', '=', False)]",
    )

    # where it comes from
    picking_id = fields.Many2one(
        "stock.picking", "Delivery", index="btree_not_null", copy=False, check_company=True, ondelete="restrict"
    )
    ticket_id = fields.Many2one(
        "service.ticket", "Installation", index="btree_not_null", copy=False, check_company=True, ondelete="restrict"
    )
    delivered_on = fields.Date("Delivered on")
    partner_id = fields.Many2one("res.partner", "Customer", required=True, index=True, tracking=True)
    contact_name = fields.Char()
    email = fields.Char("E-mail")
    phone = fields.Char()
    line_ids = fields.One2many("quality.acceptance.form.line", "form_id", "Products", copy=True)
    check_ids = fields.One2many("quality.acceptance.form.check", "form_id", "Points", copy=True)

    # the customer
    opinion_quality = fields.Selection(GRADES, "Quality of the product", copy=False, index="btree_not_null")
    opinion_delivery = fields.Selection(GRADES, "Delivery", copy=False)
    opinion_service = fields.Selection(GRADES, "Installation and service", copy=False)
    recommend = fields.Selection(RECOMMEND, "Would recommend us (0–10)", copy=False)
    comment = fields.Text("Opinions and suggestions", copy=False)
    signature = fields.Image(readonly=True, copy=False, max_width=1024, max_height=1024, attachment=True)
    signed_by = fields.Char("Signed by", readonly=True, copy=False)
    signed_at = fields.Datetime("Signed on", readonly=True, copy=False, index=True)
    signed_through = fields.Selection(
        [("portal", "Portal"), ("device", "Device of the staff"), ("paper", "Paper, as a scan")], "Signed through",
        readonly=True, copy=False,
    )
    sent_at = fields.Datetime("Sent on", readonly=True, copy=False)
    refusal_reason = fields.Text("Why it is not accepted", readonly=True, copy=False)
    refused_by = fields.Char("Refused by", readonly=True, copy=False)
    refused_at = fields.Datetime("Refused on", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)
    seal_validity = fields.Selection(
        [("none", "Not signed"), ("valid", "Valid"), ("changed", "Changed since"), ("broken", "Broken"),
         ("missing", "Missing")],
        "Signature is", compute="_compute_seal_validity",
    )
    has_defects = fields.Boolean("Points not accepted", compute="_compute_has_defects", store=True)
    defect_ticket_id = fields.Many2one(
        "service.ticket", "Ticket about the defects", readonly=True, copy=False, index="btree_not_null",
        check_company=True, ondelete="restrict",
    )
    feedback_id = fields.Many2one("quality.feedback", readonly=True, copy=False, index="btree_not_null")
    evidence_ids = fields.Many2many(string="Scans and photos")

    _one_per_delivery = models.UniqueIndex(
        "(picking_id) WHERE picking_id IS NOT NULL AND state != 'cancelled'",
        "This delivery has an acceptance form already.",
    )
    _one_per_installation = models.UniqueIndex(
        "(ticket_id) WHERE ticket_id IS NOT NULL AND state != 'cancelled'",
        "This installation has an acceptance form already.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for form in self:
            form.display_name = f"{form.name} {form.sudo().partner_id.name or ''}".strip()

    @api.depends("check_ids.result")
    def _compute_has_defects(self):
        for form in self:
            form.has_defects = any(check.result == "rejected" for check in form.check_ids)

    @api.depends(
        "signed_at", *CUSTOMER, "check_ids.result", "check_ids.remark", "check_ids.name", "line_ids.product_id",
        "line_ids.quantity", "line_ids.serials", "partner_id", "contact_name",
    )
    def _compute_seal_validity(self):
        seals = self.env["quality.seal"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("purpose", "=", "installation")], order="id"
        )
        last = {seal.res_id: seal for seal in seals}
        for form in self:
            seal = last.get(form.id)
            if seal and form.signed_at:
                seal.invalidate_recordset(["validity"])
                form.seal_validity = seal.validity
            else:
                form.seal_validity = "none"

    def _compute_access_url(self):
        for form in self:
            form.access_url = f"/my/acceptance/{form.id}"

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Draw up forms; the points to check are those of the categories of their products."""
        self._number(vals_list)
        forms = super().create(vals_list)
        for form in forms.filtered(lambda one: not one.is_historic and not one.check_ids):
            form.sudo()._fill_checks()
        forms._assign_next_step()
        return forms

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            self._assign_next_step()
        return result

    def _fill_checks(self):
        """Give this form the points of its products, in the language of the customer."""
        items = self.env["quality.acceptance.item"].with_context(lang=self.partner_id.lang or self.env.lang)
        names = items._names_for(self.company_id, self.line_ids.product_id)
        self.check_ids = [
            fields.Command.create({"name": name, "sequence": number}) for number, name in enumerate(names, 1)
        ]

    @api.onchange("partner_id")
    def _onchange_partner(self):
        self.email, self.phone = self.partner_id.email, self.partner_id.phone

    @api.model
    def _frozen_fields(self, state):
        if state in ("signed", "cancelled"):
            return self._every_field() | {"name", "company_id"}
        if state == "refused":
            return self._every_field() - {"user_id", "evidence_ids"} | {"name", "company_id"}
        frozen = {"name", "company_id"}
        return frozenset(frozen | (set(ORDER) if state == "sent" else set(CUSTOMER)))

    def _evidence_locked(self):
        return any(form.state in ("signed", "cancelled") for form in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", self._open_states)

    def _personal_documents(self):
        return self

    def _personal_reference(self):
        return self.name

    def _seal_content(self, purpose):
        """Return what the customer's signature proves: products, judgements, opinions."""
        self.ensure_one()
        return {"form": snapshot(self, SEALED)}

    @api.model
    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]

    # ------------------------------------------------------------------
    # Register: opinions counted (D14)
    # ------------------------------------------------------------------

    _register_date = "create_date"
    _register_order = "create_date, id"

    @api.model
    def _register_title(self):
        return self.env._("Register of installation acceptances")

    @api.model
    def _register_columns(self):
        def grade(name):
            return lambda form: int(form[name]) if form[name] else None

        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("State"), "state", width=14),
            Column(self.env._("Customer"), "partner_id", width=26),
            Column(self.env._("Region"), lambda form: form.partner_id._service_region() or "", width=14),
            Column(self.env._("Delivery"), "picking_id.name", width=16),
            Column(self.env._("Installation"), "ticket_id.name", width=16),
            Column(self.env._("Delivered on"), "delivered_on", "date"),
            Column(self.env._("Products"), lambda form: ", ".join(form.line_ids.product_id.mapped("display_name")),
                   width=30),
            Column(self.env._("Points accepted"), lambda form: form._count("accepted"), "integer"),
            Column(self.env._("Points not accepted"), lambda form: form._count("rejected"), "integer"),
            *(
                Column(self._fields[name]._description_string(self.env), grade(name), "integer")
                for name in (*OPINIONS, "recommend")
            ),
            Column(self.env._("Opinions and suggestions"), "comment", width=40),
            Column(self.env._("Signed by"), "signed_by", width=18),
            Column(self.env._("Signed on"), "signed_at", "datetime"),
            Column(self.env._("Signed through"), "signed_through", width=14),
            Column(self.env._("Why it is not accepted"), "refusal_reason", width=30),
            Column(self.env._("Ticket about the defects"), "defect_ticket_id.name", width=16),
        ]

    def _count(self, result):
        return len(self.check_ids.filtered(lambda check: check.result == result))
