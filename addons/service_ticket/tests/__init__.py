from . import test_ticket_flow
from . import test_ticket_import
from . import test_portal
from . import test_visit_sheet
from . import test_service_indicators
from . import test_papers
from . import test_ticket_mail
from . import test_sla_reference
