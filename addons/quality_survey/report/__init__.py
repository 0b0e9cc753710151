from . import survey_reports
