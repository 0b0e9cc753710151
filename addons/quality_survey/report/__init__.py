from . import quality_visits_reports
