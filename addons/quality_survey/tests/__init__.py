from . import test_feedback
from . import test_feedback_channels
from . import test_survey_answers
from . import test_survey_rules
from . import test_survey_import
from . import test_survey_privacy
from . import test_tour_survey
