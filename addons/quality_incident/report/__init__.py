from . import ir_actions_report
from . import quality_report
from . import quality_incident_reports
