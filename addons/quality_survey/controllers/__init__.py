from . import statement_download
