from . import acceptance_portal
