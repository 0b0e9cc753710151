"""The files of one dossier while it is being made."""

import glob
import hashlib
import shutil
import tempfile
from pathlib import Path

from .archive import CHUNK, Archive
from .pdf import merge_numbered, page_count


class DossierFiles:
    """Collects parts in a folder of its own that goes when the work is done; use it as a context manager.

    :param name: safe name, without extension, of the ZIP and of the PDF in it
    :param key: tells dossiers apart on this machine; what a dead worker left of the same one is removed
    """

    def __init__(self, name, key):
        self.name = name
        prefix = f"quality-dossier-{key}-"
        for left in Path(tempfile.gettempdir()).glob(f"{glob.escape(prefix)}*"):
            shutil.rmtree(left, ignore_errors=True)
        self._folder = tempfile.TemporaryDirectory(prefix=prefix)
        self.folder = Path(self._folder.name)
        self.zip_path, self.pdf_path = self.folder / "dossier.zip", self.folder / "dossier.pdf"
        self.archive = Archive(self.zip_path)
        #: plain data, in order; what the index prints
        self.parts = []
        #: for each part that is in the PDF its number in ``parts`` and the file with its pages
        self._prints = []
        self.sha256, self.count = "", 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.cleanup()

    def cleanup(self):
        """Remove the folder with everything in it."""
        self._folder.cleanup()

    def add(self, section, title, folder, name, source):
        """Put one file (bytes or a binary file) into the ZIP and on the list of parts."""
        entry = self.archive.add(folder, name, source)
        self.parts.append({
            "section": section,
            "title": title,
            "path": entry.path,
            "size": entry.size,
            "sha256": entry.sha256,
        })

    def add_missing(self, section, title, note):
        """Put on the list of parts what cannot be had, with the reason."""
        self.parts.append({"section": section, "title": title, "note": note})

    def add_pages(self, section, title, content):
        """Put a PDF on the list of parts that is in the printed dossier only."""
        self.parts.append({"section": section, "title": title})
        self.print_last(content)

    def print_last(self, content):
        """Make the PDF ``content`` the pages of the last part."""
        target = self.folder / f"pages-{len(self._prints)}.pdf"
        target.write_bytes(content)
        self._prints.append((len(self.parts) - 1, target))
        self.parts[-1]["pages"] = page_count(content)

    def number_pages(self, first):
        """Note on each printed part the page of the PDF it begins on, the first of them on ``first``."""
        for number, _path in self._prints:
            self.parts[number]["first_page"] = first
            first += self.parts[number]["pages"]

    def bind(self, index, label):
        """Write the PDF: the index and every printed part, numbered through."""
        cover = self.folder / "index.pdf"
        cover.write_bytes(index)
        merge_numbered([cover, *(path for _number, path in self._prints)], self.pdf_path, label)
        with self.pdf_path.open("rb") as stream:
            self.archive.add([], f"{self.name}.pdf", stream)

    def close(self):
        """Finish the ZIP with its list of checksums."""
        self.archive.add_checksums()
        self.archive.close()
        self.count = len(self.archive.entries)
        digest = hashlib.sha256()
        with self.zip_path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        self.sha256 = digest.hexdigest()
