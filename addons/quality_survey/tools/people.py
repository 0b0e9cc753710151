"""Who belongs to the house."""


def staff_partners(env, partners):
    """Return those of ``partners`` who are never asked: users of the house, its companies and their contacts."""
    users = env["res.users"].sudo().with_context(active_test=False)
    internal = users.search([("partner_id", "in", partners.ids), ("share", "=", False)]).partner_id
    houses = env["res.company"].sudo().search([]).partner_id
    employees = env["hr.employee"].sudo().with_context(active_test=False)
    staff = employees.search([("work_contact_id", "in", partners.ids)]).work_contact_id
    ours = partners.filtered(lambda one: one in houses or one.commercial_partner_id in houses)
    return internal | staff | ours
