"""The roles of customer satisfaction, as the external ids of their groups."""

from odoo.addons.service_ticket.models.service_ticket_roles import MARKETING

#: general manager: makes the programme of visits, decides statements, reports and reviews
GENERAL_MANAGER = "quality_survey.group_survey_general_manager"
#: satisfaction manager: sets up questionnaires, rules and plans, writes statements
MANAGER = "quality_survey.group_survey_satisfaction_manager"
#: marketing: collects feedback, visits and calls customers, answers problems
CLERK = MARKETING
STAFF = f"{CLERK},{MANAGER},{GENERAL_MANAGER}"
