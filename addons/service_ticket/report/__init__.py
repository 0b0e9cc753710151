from . import service_reports
from . import service_part_reports
from . import service_claim_reports
from . import service_money_reports
