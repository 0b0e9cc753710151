from . import acceptance_portal
from . import survey
