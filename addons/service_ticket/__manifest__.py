{
    "name": "Service Tickets",
    "version": "19.0.1.0.0",
    "category": "Services/After-sales",
    "summary": "After-sales service and complaints from the customer's call to the confirmed solution",
    "author": "Odoo Quality Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "quality_incident", "calendar", "rating", "sale_stock", "hr_skills", "hr_expense", "base_geolocalize",
    ],
    "data": [
        "security/service_security.xml",
        "security/ir.model.access.csv",
        "security/service_ticket_security.xml",
        "data/service_ticket_data.xml",
    ],
    "external_dependencies": {"python": ["geographiclib"]},
    "application": True,
}
