from . import quality_acceptance_sign
from . import quality_survey_import_run
from . import quality_reason
from . import satisfaction_loyalty
from . import quality_survey_invite
