"""The roles of after-sales service, as the external ids of their groups."""

ENGINEER = "service_ticket.group_service_engineer"
AGENT = "service_ticket.group_service_agent"
LEADER = "service_ticket.group_service_manager"
MARKETING = "service_ticket.group_service_marketing"
STORE = "service_ticket.group_service_store"
FINANCE = "service_ticket.group_service_finance"
#: departments of quality_incident that take part in complaints (C19, E11)
ENGINEERING = "quality_incident.group_quality_engineering"
INSPECTOR = "quality_incident.group_quality_inspector"
CHIEF = "quality_incident.group_quality_chief_engineer"
QUALITY = f"{INSPECTOR},{ENGINEERING},{CHIEF}"
