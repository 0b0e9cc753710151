"""Charts as SVG text, drawn here: what prints documents runs no script, and a form needs none either.

Every function returns Markup; labels are escaped. Drawn on a plane 680 wide, shown as wide as the text of a page.
"""

from markupsafe import Markup, escape

WIDTH, SHOWN = 680, 880
INK, SOFT, GRID, FILL, SECOND = "#111111", "#555555", "#d9d9d9", "#4a7fb0", "#8a8a8a"
FONT = "Noto Sans CJK SC, Noto Sans SC, Microsoft YaHei, SimHei, Arial, sans-serif"
#: pixels of a row of bars, and of the column of their labels
ROW, LABELS, VALUES = 24, 190, 150


def bars(rows, target=None, low=0, high=100):
    """Return horizontal bars with their intervals and a line for the target.

    :param rows: list of (label, value or None, text, interval as (from, to) or None)
    :param target: value of the line, or None
    """
    plot = WIDTH - LABELS - VALUES

    def x(value):
        return LABELS + plot * (min(max(value, low), high) - low) / (high - low)

    parts, height = [], ROW * len(rows) + 18
    for tick in _ticks(low, high, 4):
        parts.append(_line(x(tick), 0, x(tick), height - 16, GRID))
        parts.append(_text(x(tick), height - 3, _short(tick), "middle", SOFT, 11))
    for number, (label, value, text, interval) in enumerate(rows):
        top = ROW * number
        parts.append(_text(LABELS - 8, top + 16, _cut(label, 26), "end"))
        if value is not None:
            start, end = sorted((x(max(low, 0)), x(value)))
            parts.append(_rect(start, top + 5, max(end - start, 1), ROW - 10, FILL))
        if interval:
            left, right = x(interval[0]), x(interval[1])
            parts.append(_line(left, top + 12, right, top + 12, INK, 1.5))
            parts += [_line(end, top + 8, end, top + 16, INK, 1.5) for end in (left, right)]
        parts.append(_text(WIDTH - VALUES + 8, top + 16, text))
    if target is not None:
        parts.append(_line(x(target), 0, x(target), height - 16, INK, 1.2, "5 3"))
    return _svg(height, parts)


def lines(labels, series, low=0, high=100, target=None):
    """Return the courses of one or two ``series`` over ``labels``: [(name, [value or None, …]), …]."""
    left, top, bottom = 44, 22, 190
    first = left + 36
    step = (WIDTH - first - 60) / max(len(labels) - 1, 1)

    def point(number, value):
        return first + step * number, bottom - (bottom - top) * (value - low) / (high - low)

    parts = []
    for tick in _ticks(low, high, 4):
        y = point(0, tick)[1]
        parts += [_line(left, y, WIDTH - 20, y, GRID), _text(left - 6, y + 4, _short(tick), "end", SOFT, 11)]
    if target is not None:
        y = point(0, target)[1]
        parts.append(_line(left, y, WIDTH - 20, y, INK, 1.2, "5 3"))
    for number, label in enumerate(labels):
        parts.append(_text(first + step * number, bottom + 18, label, "middle", SOFT, 11))
    for turn, (name, values) in enumerate(series):
        colour, dash = ((FILL, ""), (SECOND, "6 3"))[turn % 2]
        known = [(*point(number, value), value) for number, value in enumerate(values) if value is not None]
        if len(known) > 1:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _value in known)
            parts.append(
                Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="2"{}/>').format(
                    path, colour, _dash(dash)
                )
            )
        for x, y, value in known:
            parts.append(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3.5" fill="{}"/>').format(x, y, colour))
            parts.append(_text(x, y - 7, f"{value:.1f}", "middle", colour, 11))
        start = left + 170 * turn
        parts += [_rect(start, 4, 14, 4, colour), _text(start + 20, 11, name, "start", INK, 11)]
    return _svg(bottom + 26, parts)


def bubbles(points, x_title, y_title, x_line=None, x_range=(0, 100), y_range=(-100, 100)):
    """Return a picture of groups by two figures; the area of a bubble is its number.

    :param points: list of (label, x, y, number)
    """
    left, right, top, bottom = 60, WIDTH - 30, 14, 300

    def x(value):
        return left + (right - left) * (value - x_range[0]) / (x_range[1] - x_range[0])

    def y(value):
        return bottom - (bottom - top) * (value - y_range[0]) / (y_range[1] - y_range[0])

    parts = []
    for tick in _ticks(*x_range, 4):
        parts.append(_line(x(tick), top, x(tick), bottom, GRID))
        parts.append(_text(x(tick), bottom + 15, _short(tick), "middle", SOFT, 11))
    for tick in _ticks(*y_range, 4):
        parts.append(_line(left, y(tick), right, y(tick), GRID))
        parts.append(_text(left - 6, y(tick) + 4, _short(tick), "end", SOFT, 11))
    parts.append(_line(left, y(sum(y_range) / 2), right, y(sum(y_range) / 2), SOFT))
    if x_line is not None:
        parts.append(_line(x(x_line), top, x(x_line), bottom, INK, 1.2, "5 3"))
    largest = max((number for *_others, number in points), default=1) or 1
    for label, across, up, number in sorted(points, key=lambda one: -one[3]):
        radius = 4 + 18 * (number / largest) ** 0.5
        parts.append(
            Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}" fill="{}" fill-opacity="0.45" stroke="{}"/>').format(
                x(across), y(up), radius, FILL, FILL
            )
        )
        parts.append(_text(x(across), y(up) + 4, _cut(label, 22), "middle", INK, 11))
    parts.append(_text((left + right) / 2, bottom + 32, x_title, "middle"))
    parts.append(
        Markup('<g transform="translate(14,{}) rotate(-90)">{}</g>').format(
            (top + bottom) / 2, _text(0, 0, y_title, "middle")
        )
    )
    return _svg(bottom + 40, parts)


# ----------------------------------------------------------------------
# Pieces
# ----------------------------------------------------------------------


def _svg(height, parts):
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{shown}" height="{height:.0f}" viewBox="0 0 {w} {h}" '
        'style="max-width: 100%; height: auto" role="img">{parts}</svg>'
    ).format(w=WIDTH, h=height, shown=SHOWN, height=height * SHOWN / WIDTH, parts=Markup("").join(parts))


def _text(x, y, text, anchor="start", colour=INK, size=12):
    return Markup(
        '<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="{}" font-size="{}" font-family="{}">{}</text>'
    ).format(x, y, anchor, colour, size, FONT, escape(text))


def _rect(x, y, width, height, colour):
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>').format(
        x, y, width, height, colour
    )


def _line(x1, y1, x2, y2, colour, width=1, dash=""):
    return Markup(
        '<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="{}"{}/>'
    ).format(x1, y1, x2, y2, colour, width, _dash(dash))


def _dash(dash):
    return Markup(' stroke-dasharray="{}"').format(dash) if dash else ""


def _ticks(low, high, parts):
    return [low + (high - low) * number / parts for number in range(parts + 1)]


def _short(value):
    return f"{value:.1f}".removesuffix(".0")


def _cut(text, length):
    text = str(text or "")
    # A Chinese character is as wide as two Latin ones.
    width, kept = 0, ""
    for character in text:
        width += 2 if ord(character) > 0x2E7F else 1
        if width > length:
            return f"{kept}…"
        kept += character
    return kept
