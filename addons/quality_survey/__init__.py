from . import controllers, models, report
from . import models
from . import wizard
from . import controllers
