from . import test_statistics
from . import test_statement
from . import test_annual_report
from . import test_survey_figures
from . import test_feedback
from . import test_feedback_channels
from . import test_survey_answers
from . import test_survey_rules
