from . import base_import_import
from . import quality_reason
from . import quality_register
from . import quality_effect_check
from . import quality_approval_decision
from . import quality_erase_person
