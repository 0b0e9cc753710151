from . import service_reports
