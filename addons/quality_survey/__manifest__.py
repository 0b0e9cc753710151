{
    "name": "Quality Surveys",
    "version": "19.0.1.0.0",
    "category": "Services/After-sales",
    "summary": "What customers think: feedback, surveys, return visits, satisfaction statements, annual report",
    "author": "Odoo Quality Suite contributors",
    "license": "LGPL-3",
    "depends": ["service_ticket", "survey"],
    "data": [
        "security/survey_security.xml",
        "security/ir.model.access.csv",
        "security/quality_survey_rules.xml",
        "data/quality_feedback_data.xml",
        "views/menus.xml",
        "views/quality_feedback_views.xml",
    ],
    "assets": {
        "web.assets_tests": ["quality_survey/static/tests/tours/**/*"],
    },
    "application": True,
}
