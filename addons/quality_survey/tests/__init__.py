from . import test_statistics
from . import test_statement
