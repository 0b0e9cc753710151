from . import quality_reason
from . import service_ticket_wait
from . import service_visit_sign
from . import service_ticket_merge
from . import service_contact_summary
from . import service_fee_record
