"""What lies between a clean sheet and its scan: paper, lid, lamp and sensor.

What: `scan` turns a drawn sheet into the pixels that a desk scanner gives at
a resolution: paper tint and grain, torn edges on the lid, punch holes, a fold,
show-through from the other side, skew, blur, uneven light, noise, and a page
fed the wrong way round.
Why: tests of skew, blank pages, orientation and code reading need faults whose
size is known; each fault is a field of `Look`, and the manifest repeats it.
What not: no file formats (formats.py).
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from draw import DPI, seeded


@dataclass(frozen=True)
class Look:
    """Faults of one scanned page."""

    skew: float = 0.0          # degrees clockwise
    turned: int = 0            # page fed wrong: 90, 180 or 270 degrees clockwise
    tint: tuple = (250, 248, 242)
    noise: float = 1.5
    blur: float = 0.55         # pixels at 300 dpi
    holes: bool = False
    fold: bool = False
    streak: bool = False       # dirt on the glass draws a line
    through: float = 0.0       # strength of the other side showing through


def scan(sheet, name, dpi, look, reverse=None):
    """Pixels of one page; `reverse` is the sheet printed on its other side."""
    rng = seeded("scan", name)
    page = _at(sheet.im, dpi)
    if reverse is not None and look.through:
        page = _show_through(page, _at(reverse.im, dpi), look.through, dpi)
    page = _paper(page, look, rng, dpi)
    page = _on_lid(page, look, rng, dpi)
    page = _lens(page, look, rng, dpi)
    return page.rotate(-look.turned, expand=True) if look.turned else page


def _at(im, dpi):
    size = (round(im.width * dpi / DPI), round(im.height * dpi / DPI))
    return im if size == im.size else im.resize(size, Image.LANCZOS)


def _show_through(page, other, strength, dpi):
    mirrored = other.transpose(Image.Transpose.FLIP_LEFT_RIGHT).convert("L")
    soft = mirrored.filter(ImageFilter.GaussianBlur(dpi / 60))
    faint = soft.point(lambda v: round(255 - (255 - v) * strength))
    return ImageChops.multiply(page, Image.merge("RGB", (faint,) * 3))


def _paper(page, look, rng, dpi):
    """Tint, cloudy grain, a fold across the middle and punch holes."""
    w, h = page.size
    cloud = rng.normal(128, 26, (h // 60, w // 60)).clip(0, 255).astype("uint8")
    cloud = np.asarray(Image.fromarray(cloud).resize((w, h), Image.BICUBIC), "float32")
    shade = 1 + (cloud - 128) / 255 * 0.035
    if look.fold:
        rows = np.arange(h, dtype="float32") - h / 2 - rng.uniform(-6, 6)
        shade *= 1 - (0.06 * np.exp(-(rows / (dpi * 0.012)) ** 2) - 0.02 * np.exp(-((rows - dpi * 0.03) / (dpi * 0.02)) ** 2))[:, None]
    pixels = np.asarray(page, "float32") * (np.array(look.tint, "float32") / 255)
    page = Image.fromarray((pixels * shade[..., None]).clip(0, 255).astype("uint8"))
    if look.holes:
        pen, r = ImageDraw.Draw(page), dpi * 2.9 / 25.4
        for side in (-40, 40):
            x, y = dpi * 10.5 / 25.4, h / 2 + dpi * side / 25.4
            pen.ellipse([x - r, y - r, x + r, y + r], fill=(98, 96, 94))
            pen.ellipse([x - r * 0.9, y - r * 0.82, x + r * 0.96, y + r * 0.98], fill=(120, 119, 117))
    return page


def _on_lid(page, look, rng, dpi):
    """Lay the page on the lid, a little crooked and with uneven edges."""
    w, h = page.size
    inset, steps = dpi * 0.6 / 25.4, 15

    def wave(count):
        return np.abs(rng.normal(inset, inset * 0.25, count))

    along = np.linspace(0, 1, steps)
    outline = [(x * w, e) for x, e in zip(along, wave(steps))]
    outline += [(w - e, y * h) for y, e in zip(along, wave(steps))]
    outline += [(x * w, h - e) for x, e in zip(along[::-1], wave(steps))]
    outline += [(e, y * h) for y, e in zip(along[::-1], wave(steps))]
    mask = Image.new("L", (w, h), 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    move = tuple(float(v) for v in rng.uniform(-0.6, 0.6, 2) * dpi / 25.4)
    page = page.rotate(-look.skew, Image.BICUBIC, translate=move, fillcolor=look.tint)
    mask = mask.rotate(-look.skew, Image.BICUBIC, translate=move, fillcolor=0)
    lid = Image.new("RGB", (w, h), (226, 227, 228))
    shadow = ImageChops.offset(mask, round(dpi / 60), round(dpi / 50)).filter(ImageFilter.GaussianBlur(dpi / 60))
    lid = Image.composite(Image.new("RGB", (w, h), (186, 186, 188)), lid, shadow)
    return Image.composite(page, lid, mask)


def _lens(page, look, rng, dpi):
    """Blur, uneven light, dust and noise of the sensor."""
    page = page.filter(ImageFilter.GaussianBlur(look.blur * dpi / DPI))
    pen, (w, h) = ImageDraw.Draw(page), page.size
    for _ in range(int(rng.integers(4, 12))):
        x, y, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0.3, 1.1) * dpi / 200
        pen.ellipse([x - r, y - r, x + r, y + r], fill=(140, 136, 130))
    pixels = np.asarray(page).astype("float32")
    light = 1 - 0.025 * np.linspace(0, 1, w, dtype="float32") * rng.uniform(-1, 1)
    if look.streak:
        at = int(w * rng.uniform(0.78, 0.92))
        light[at:at + max(1, dpi // 150)] *= 0.93
    pixels *= light[None, :, None]
    pixels += rng.standard_normal((h, w, 1), "float32") * look.noise
    pixels += rng.standard_normal((h, w, 3), "float32") * (look.noise * 0.4)
    return Image.fromarray(pixels.round().clip(0, 255).astype("uint8"))
