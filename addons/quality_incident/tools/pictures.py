"""Photos made small enough for paper."""

import base64
import io

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
LARGEST = 100_000_000
#: enough for half an A4 page
SIZE = (1200, 900)


def photo_uri(content):
    """Return the photo ``content`` upright and small as a data URI for HTML; False when it cannot be read."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > LARGEST:
                return False
            image.draft("RGB", SIZE)  # a JPEG is read no bigger than needed
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail(SIZE)
            opaque = Image.new("RGB", upright.size, "white")
            layers = upright.convert("RGBA")
            opaque.paste(layers, mask=layers)
            buffer = io.BytesIO()
            opaque.save(buffer, "JPEG", quality=80)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
