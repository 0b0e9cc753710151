from . import test_key_customers
from . import test_return_visits
from . import test_return_plans
from . import test_visit_report
from . import test_acceptance
from . import test_acceptance_portal
from . import test_market_survey
from . import test_visits_security
