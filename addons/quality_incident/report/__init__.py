from . import ir_actions_report
from . import quality_report
from . import quality_incident_reports
from . import quality_dossier_reports
from . import quality_rectification_reports
from . import quality_indicator_reports
from . import quality_register_report
