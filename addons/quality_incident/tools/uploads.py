"""What kind of file something really is, whatever it is called."""

from odoo.tools.mimetypes import guess_mimetype

PHOTOS = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
}
DOCUMENTS = {"application/pdf": (".pdf",)}
#: brands of the container that phones write HEIC photos in
_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def content_type(content):
    """Return the type of ``content`` by what it is, not by a name: HEIC is one that Odoo does not know."""
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        return "image/heic"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return guess_mimetype(content, default="application/octet-stream")


def safe_name(name, kind, allowed, default="file"):
    """Return ``name`` without path and control characters, with an ending that fits ``kind``."""
    last = str(name or "").replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(sign for sign in last if sign.isprintable()).strip(" .")[:120] or default
    return clean if clean.lower().endswith(allowed[kind]) else f"{clean}{allowed[kind][0]}"
