from . import test_statistics
from . import test_statement
from . import test_annual_report
from . import test_survey_figures
