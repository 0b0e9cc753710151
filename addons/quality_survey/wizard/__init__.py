from . import quality_survey_import_run
