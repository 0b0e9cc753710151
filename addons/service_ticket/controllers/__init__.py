from . import portal
from . import public_form
from . import portal_warranty
from . import portal_fee
