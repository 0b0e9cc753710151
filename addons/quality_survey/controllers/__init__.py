from . import statement_download
from . import acceptance_portal
from . import survey
from . import market_answer
