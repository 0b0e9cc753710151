"""A ZIP that anybody can check: safe names, a list of contents, SHA256SUMS for ``sha256sum -c``."""

import csv
import hashlib
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

CHUNK = 1024 * 1024
#: compressing these again only costs time
PACKED = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".pdf", ".zip", ".7z", ".mp4", ".mov", ".docx", ".xlsx", ".pptx"}
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
LONGEST = 120


@dataclass
class Entry:
    """One file of the archive."""

    path: str
    size: int
    sha256: str


class Archive:
    """Writes a ZIP to ``target`` (a path) without holding its files in memory."""

    def __init__(self, target):
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        self._taken = set()
        self.entries = []

    def close(self):
        """Write the directory of the ZIP; nothing can be added any more."""
        self._zip.close()

    def add(self, folder, name, source):
        """Add a file and return its :class:`Entry`.

        :param folder: names of folders, one inside the other; made safe like ``name``
        :param name: as the file was called; made safe, and numbered when the folder has one of that name
        :param source: bytes, or a binary file that is read to its end in pieces
        """
        path = self._free_path([safe_name(part) for part in folder], safe_name(name))
        info = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
        info.external_attr = 0o644 << 16
        packed = PurePosixPath(path).suffix.lower() in PACKED
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        digest, size = hashlib.sha256(), 0
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        with self._zip.open(info, "w", force_zip64=True) as target:
            while chunk := stream.read(CHUNK):
                target.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        entry = Entry(path, size, digest.hexdigest())
        self.entries.append(entry)
        return entry

    def add_checksums(self):
        """Add the list that ``sha256sum -c SHA256SUMS`` checks; the last file of an archive."""
        lines = [f"{entry.sha256}  {entry.path}\n" for entry in self.entries]
        self.add([], "SHA256SUMS", "".join(lines).encode())

    def _free_path(self, folders, name):
        stem, dot, extension = name.rpartition(".")
        if not stem:
            stem, dot, extension = name, "", ""
        path, count = "/".join([*folders, name]), 1
        # Windows and macOS tell no capitals apart.
        while path.casefold() in self._taken:
            count += 1
            path = "/".join([*folders, f"{stem} ({count}){dot}{extension}"])
        self._taken.add(path.casefold())
        return path


def safe_name(name):
    """Return ``name`` as one path component that no file system misreads and no archive tool climbs out with."""
    name = unicodedata.normalize("NFC", name or "").replace("\\", "/").split("/")[-1]
    name = FORBIDDEN.sub("_", name).strip().lstrip(".").rstrip(". ")
    if DEVICES.match(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if stem and len(extension) <= 10:
        name = stem[: LONGEST - len(extension) - 1].rstrip(". ") + dot + extension
    return name[:LONGEST] or "file"


def csv_bytes(header, rows):
    """Return a CSV that spreadsheets open with the right letters and without taking texts for formulas."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode("utf-8-sig")


def _cell(value):
    text = "" if value is None or value is False else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
