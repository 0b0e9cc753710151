from . import statement_download
from . import survey
