from . import service_reports
from . import service_money_reports
