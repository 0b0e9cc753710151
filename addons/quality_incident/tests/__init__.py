from . import test_incident_flow
from . import test_business_time
from . import test_deadline
from . import test_deadline_security
from . import test_escalation
from . import test_escalation_once
