from . import test_ticket_flow
from . import test_ticket_import
