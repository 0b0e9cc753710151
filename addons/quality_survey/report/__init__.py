from . import survey_reports
from . import quality_visits_reports
