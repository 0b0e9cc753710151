"""Where things are: the repository, the cache and what identifies their content."""

import contextlib
import hashlib
import os
import shutil
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
ADDONS = REPO / "addons"
REQUIREMENTS = REPO / "requirements"


def cache_dir(*parts):
    """Return a folder of the user's cache, created when missing."""
    root = os.environ.get("ODOO_QUALITY_CACHE")
    if not root:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "odoo-quality"
    folder = Path(root, *parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def digest(*values):
    """Return a short name for what `values` say."""
    return hashlib.sha256("\0".join(map(str, values)).encode()).hexdigest()[:10]


def tree_digest(*folders):
    """Return a short name for the content of all files under `folders`."""
    total = hashlib.sha256()
    for folder in folders:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            # Editors make and remove files of their own at any moment.
            with contextlib.suppress(FileNotFoundError):
                if "__pycache__" not in file.parts:
                    total.update(str(file.relative_to(folder.parent)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()[:10]


def forget_unused(pattern, days):
    """Delete entries of the cache, files or folders, that nobody has touched for a while."""
    for entry in cache_dir().glob(pattern):
        if time.time() - entry.stat().st_mtime > days * 86400:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink(missing_ok=True)
