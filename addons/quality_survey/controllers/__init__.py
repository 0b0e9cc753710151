from . import acceptance_portal
from . import survey
from . import market_answer
