"""Drawing tools for the sample papers: a sheet measured in millimetres.

What: `Sheet` draws print, dotted form lines, handwriting, QR codes, stamps and
signatures on an A4 page at 300 dpi.
Why: a scan is true to size, so everything is placed in millimetres and set in
points; the forms then read like the paper forms do.
What not: no wear of scanning (scanner.py) and no wording (papers.py, card.py).
"""

import math
import zlib

import numpy as np
import segno
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

DPI = 300
A4 = (210.0, 297.0)
BLACK, INK, RED = (28, 28, 30), (28, 52, 150), (205, 28, 40)
FONT_ROOT = "/usr/share/fonts/truetype/"
FONTS = {
    "serif": "liberation2/LiberationSerif-Regular.ttf",
    "bold": "liberation2/LiberationSerif-Bold.ttf",
    "italic": "liberation2/LiberationSerif-Italic.ttf",
    "bolditalic": "liberation2/LiberationSerif-BoldItalic.ttf",
    "sans": "liberation2/LiberationSans-Regular.ttf",
    "sansbold": "liberation2/LiberationSans-Bold.ttf",
    "mono": "liberation2/LiberationMono-Regular.ttf",
    "monobold": "liberation2/LiberationMono-Bold.ttf",
    "hand": "seto/setofont.ttf",
}
_cache = {}


def px(mm):
    return round(mm * DPI / 25.4)


def font(name, size):
    """A font by short name, size in points (a float is allowed)."""
    key = (name, size)
    if key not in _cache:
        _cache[key] = ImageFont.truetype(FONT_ROOT + FONTS[name], size * DPI / 72)
    return _cache[key]


def seeded(*words):
    """A random source that depends on the words only, never on the clock."""
    return np.random.default_rng(zlib.crc32("/".join(map(str, words)).encode()))


class Sheet:
    """One page under the pen; x grows right, y grows down, both in mm."""

    def __init__(self, name, size=A4, paper=(255, 255, 255), mark=True):
        self.size = size
        self.im = Image.new("RGB", (px(size[0]), px(size[1])), paper)
        self.pen = ImageDraw.Draw(self.im)
        self.rng = seeded("sheet", name)
        if mark:
            self.center(105, 288, "MẪU THỬ – DỮ LIỆU GIẢ", "sans", 8, (120, 120, 120))

    def text(self, x, y, words, face="serif", size=13, fill=BLACK, anchor="ls"):
        self.pen.text((px(x), px(y)), words, font=font(face, size), fill=fill, anchor=anchor)

    def center(self, x, y, words, face="serif", size=13, fill=BLACK):
        self.text(x, y, words, face, size, fill, "ms")

    def width(self, words, face="serif", size=13):
        return font(face, size).getlength(words) * 25.4 / DPI

    def rule(self, x0, x1, y, mm=0.25, fill=BLACK):
        self.pen.line([px(x0), px(y), px(x1), px(y)], fill=fill, width=max(1, px(mm)))

    def box(self, x, y, w, h, mm=0.25, fill=BLACK):
        self.pen.rectangle([px(x), px(y), px(x + w), px(y + h)], outline=fill,
                           width=max(1, px(mm)))

    def wrap(self, x, y, x1, words, face="serif", size=13, step=6.4, first=0.0):
        """Set a paragraph between x and x1; gives back the next baseline."""
        line, at = "", x + first
        for word in words.split():
            longer = f"{line} {word}".strip()
            if line and at + self.width(longer, face, size) > x1:
                self.text(at, y, line, face, size)
                line, at, y = word, x, y + step
            else:
                line = longer
        self.text(at, y, line, face, size)
        return y + step

    def dots(self, x0, x1, y):
        at = x0
        while at < x1 - 0.4:
            self.pen.ellipse([px(at), px(y) - 2, px(at) + 3, px(y) + 1], fill=(70, 70, 70))
            at += 0.95

    def row(self, x, x1, y, parts, slant=0.15, size=13, typed=False):
        """A form line of (label, value, weight) parts with dotted leaders."""
        labels = [self.width(label + " ", size=size) for label, _, _ in parts]
        free = (x1 - x) - sum(labels)
        total = sum(weight for _, _, weight in parts)
        for (label, value, weight), lead in zip(parts, labels):
            self.text(x, y, label, size=size)
            room = free * weight / total
            typeset = self.width(value + " ", size=size) if typed and value else 0
            self.dots(x + lead + typeset, x + lead + room - 0.8, y)
            if typed:
                self.text(x + lead, y, value, size=size)
            elif value:
                self.hand(x + lead + 2, y - 0.4, value, slant, room=room - 3)
            x += lead + room

    def hand(self, x, y, words, slant=0.15, size=15.5, room=None, ink=INK):
        """Handwriting on baseline y, squeezed when it would leave its room."""
        strip = self._hand_strip(words, slant, size)
        margin, tight = strip.height // 4, 1.0
        if room:
            tight = min(1.0, px(room) / (strip.width - 2.4 * margin))
        if tight < 0.62:
            raise ValueError(f"no room for handwriting: {words}")
        if tight < 1:
            strip = strip.resize((int(strip.width * tight), strip.height), Image.LANCZOS)
        self._ink(strip, px(x) - int(margin * tight), px(y) - int(strip.height * 0.62), ink)

    def _hand_strip(self, words, slant, size):
        face, unit = font("hand", size), size * DPI / 72
        high = int(unit * 2.2)
        strip = Image.new("L", (int(unit * (len(words) + 3)), high), 0)
        pen, at, drift = ImageDraw.Draw(strip), high / 4, 0.0
        for sign in words:
            if sign == " ":
                at += unit * self.rng.uniform(0.24, 0.32)
                continue
            left, _, right, _ = face.getbbox(sign, anchor="ls")
            drift = 0.6 * drift + self.rng.normal(0, unit * 0.014)
            pen.text((at - left, high * 0.62 + drift), sign, font=face, fill=255, anchor="ls")
            at += right - left + unit * self.rng.uniform(0.05, 0.09)
        strip = strip.crop((0, 0, int(at + high / 2), high))
        lean = (1, slant, -slant * high * 0.62, 0, 1, 0)
        return strip.transform(strip.size, Image.AFFINE, lean, Image.BICUBIC)

    def _ink(self, mask, left, top, colour):
        """Lay ink through a mask so that print underneath shows through."""
        region = (left, top, left + mask.width, top + mask.height)
        under = self.im.crop(region)
        flood = Image.new("RGB", mask.size, colour)
        wet = ImageChops.multiply(under, Image.blend(flood, Image.new("RGB", mask.size, "white"), 0.06))
        self.im.paste(Image.composite(wet, under, mask), (left, top))

    def signature(self, x, y, w, h, name, ink=INK):
        """A squiggle of pen loops, always the same for the same name."""
        rng, fine = seeded("signature", name), 2
        size = (px(w) * fine, px(h) * fine)
        mask = Image.new("L", size, 0)
        pen, t = ImageDraw.Draw(mask), np.linspace(0, 1, 900)
        loops, phase, bend = rng.integers(3, 8), rng.uniform(0, 6), rng.uniform(-0.4, 0.5)
        turns = 2 * math.pi * loops * (t + bend * t * (1 - t))
        along = 0.10 + 0.66 * t + rng.uniform(0.02, 0.10) * np.sin(turns + phase)
        fade = rng.uniform(0.24, 0.38) * np.exp(-rng.uniform(0.6, 3.5) * t) + 0.06
        across = (0.52 + fade * np.cos(turns + phase) * (1 + 0.5 * np.sin(rng.uniform(2, 9) * t))
                  + 0.09 * np.sin(rng.uniform(4, 15) * t + rng.uniform(0, 6)))
        across = 0.5 + (across - 0.5) * min(1, 0.44 / np.abs(across - 0.5).max())
        tail = np.linspace(0, 1, 200)
        along = np.append(along, along[-1] + (0.12 - along[-1]) * tail * 0.8)
        across = np.append(across, across[-1] + 0.24 * np.sin(tail * 2.2))
        width = (0.30 + 0.18 * np.sin(np.linspace(0, 40, len(along)))) * DPI / 25.4 * fine / 2
        for ax, ay, r in zip(along * size[0], across * size[1], width):
            pen.ellipse([ax - r, ay - r, ax + r, ay + r], fill=255)
        mask = mask.resize((px(w), px(h)), Image.LANCZOS)
        self._ink(mask, px(x), px(y), ink)

    def stamp(self, cx, cy, upper, lower, inner, diameter=36.0):
        """A round red agency stamp, unevenly inked."""
        side = px(diameter + 2)
        mask = Image.new("L", (side, side), 0)
        pen, mid, scale = ImageDraw.Draw(mask), side / 2, DPI / 25.4
        for radius, thick in ((diameter / 2, 0.75), (diameter / 2 - 1.3, 0.25), (diameter / 2 - 6.2, 0.3)):
            r = radius * scale
            pen.ellipse([mid - r, mid - r, mid + r, mid + r], outline=255, width=px(thick))
        ring = (diameter / 2 - 4.9) * scale
        self._arc(mask, mid, ring, upper, False)
        self._arc(mask, mid, ring, lower, True)
        star = [(mid + math.sin(k * math.pi / 5) * r * scale, mid - 3.2 * scale - math.cos(k * math.pi / 5) * r * scale)
                for k, r in zip(range(10), (4.2, 1.65) * 5)]
        pen.polygon(star, fill=255)
        pen.text((mid, mid + 4.6 * scale), inner, font=font("sansbold", 8), fill=255, anchor="mm")
        grain = self.rng.normal(205, 60, (side // 6 + 1, side // 6 + 1)).clip(70, 255).astype("uint8")
        grain = Image.fromarray(grain).resize((side, side), Image.BICUBIC)
        mask = ImageChops.multiply(mask.filter(ImageFilter.GaussianBlur(1.1)), grain)
        mask = mask.rotate(float(self.rng.uniform(-14, 14)), Image.BICUBIC)
        self._ink(mask, px(cx) - side // 2, px(cy) - side // 2, RED)

    @staticmethod
    def _arc(mask, mid, radius, words, below):
        """Set words along a circle, over the top or under the bottom."""
        face = font("sansbold", 8.6)
        lengths = [face.getlength(c) + 5 for c in words]
        around = radius + (face.size * 0.72 if below else 0)
        angle = -sum(lengths) / around / 2
        for sign, length in zip(words, lengths):
            turn = angle + length / around / 2
            angle += length / around
            tile = Image.new("L", (120, 120), 0)
            ImageDraw.Draw(tile).text((60, 80), sign, font=face, fill=255, anchor="ms")
            tile = tile.rotate(math.degrees(turn if below else -turn), Image.BICUBIC, center=(60, 80))
            x = mid + math.sin(turn) * around
            y = mid + math.cos(turn) * around * (1 if below else -1)
            mask.paste(255, (round(x) - 60, round(y) - 80), tile)

    def qr(self, x, y, side, words):
        """A QR code of the given side without its quiet zone."""
        code = segno.make(words, error="m" if len(words) < 40 else "l", micro=False, boost_error=False,
                          encoding="utf-8" if not words.isascii() else None)
        rows = [[255 - 255 * bit for bit in row] for row in code.matrix]
        tile = Image.fromarray(np.array(rows, "uint8")).resize((px(side), px(side)), Image.NEAREST)
        self.im.paste(tile.point(lambda v: v if v else 25), (px(x), px(y)))
