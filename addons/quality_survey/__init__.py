from . import controllers, models, report, wizard
from . import models
from . import wizard
from . import controllers
from . import report
