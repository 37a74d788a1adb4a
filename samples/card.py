"""Photocopies of an identity card, front and back, at real size.

What: draws the two sides of a chip card (85.6 x 54 mm) with the QR of the
front and the machine-readable zone of the back, and lays them on A4 sheets.
Why: cards are the papers most often scanned at a counter and the only ones that
name their holder in machine-readable form.
What not: no portrait, emblem, fingerprint or agency signature of a real card;
a large "MẪU" lies across both sides, so nothing here can pass for a card.
"""

import math

from PIL import Image, ImageDraw, ImageOps

from draw import Sheet, font, px, seeded

CARD = (85.6, 54.0)
TEAL, DARK = (40, 110, 120), (30, 40, 60)


def front(person):
    """The side with name, number and QR."""
    s = _blank("front", person)
    s.pen.ellipse([px(5), px(4), px(15), px(14)], outline=(190, 60, 60), width=px(0.4))
    s.center(10, 10.2, "MẪU", "sansbold", 6, (190, 60, 60))
    s.center(41, 6.2, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "sansbold", 5.4, DARK)
    s.center(41, 9.0, "Độc lập - Tự do - Hạnh phúc", "sansbold", 5, DARK)
    s.center(41, 14.2, "CĂN CƯỚC CÔNG DÂN", "sansbold", 9.5, (190, 30, 40))
    s.center(41, 17.2, "Citizen Identity Card", "sans", 4.8, (190, 30, 40))
    s.pen.rectangle([px(66.6), px(1.8), px(84.2), px(19.4)], fill="white")
    s.qr(67.6, 2.8, 15.6, person.qr())
    _portrait(s, 4.5, 19, 21, 27)
    s.text(28, 23.6, "Số / No.:", "sans", 5.2, DARK)
    s.text(37.4, 23.6, person.id, "sansbold", 10.5)
    s.text(28, 27.2, "Họ và tên / Full name:", "sans", 4.8, DARK)
    s.text(28, 31.0, person.name.upper(), "sansbold", 8.2)
    _pair(s, 28, 34.4, "Ngày sinh / Date of birth:", person.born.strftime("%d/%m/%Y"))
    _pair(s, 28, 37.8, "Giới tính / Sex:", person.sex)
    _pair(s, 52, 37.8, "Quốc tịch / Nationality:", "Việt Nam")
    s.text(28, 41.0, "Quê quán / Place of origin:", "sans", 4.8, DARK)
    s.text(28, 43.8, "Mẫu Sơn Thử, Thử Nghiệm", "sans", 6.2)
    s.text(28, 46.8, "Nơi thường trú / Place of residence:", "sans", 4.8, DARK)
    s.text(28, 49.6, f"{person.hamlet}, Mẫu Sơn Thử, Thử Nghiệm", "sans", 6.2)
    s.text(4.5, 48.8, "Có giá trị đến / Date of expiry:", "sans", 3.7, DARK)
    s.text(4.5, 51.4, person.expires.strftime("%d/%m/%Y"), "sans", 5.4)
    return _rounded(s)


def back(person):
    """The side with the chip and the machine-readable zone."""
    s = _blank("back", person)
    s.text(5, 6, "Đặc điểm nhân dạng / Personal identification:", "sans", 4.6, DARK)
    s.text(5, 9, "Nốt ruồi C: 1cm trên sau mép trái", "sans", 5.6)
    _pair(s, 5, 13, "Ngày, tháng, năm / Date, month, year:", person.issued.strftime("%d/%m/%Y"))
    s.text(5, 17, "CƠ QUAN CẤP: MẪU THỬ", "sansbold", 5, DARK)
    s.pen.rounded_rectangle([px(8), px(20.5), px(20), px(30)], px(1.2), fill=(212, 184, 110), outline=(120, 100, 50), width=2)
    for at in (10.8, 14, 17.2):
        s.rule(at - 1.2, at + 1.4, 23.6, 0.15, (120, 100, 50))
        s.rule(at - 1.2, at + 1.4, 26.9, 0.15, (120, 100, 50))
    s.pen.line([px(14), px(20.5), px(14), px(30)], fill=(120, 100, 50), width=2)
    for x, label in ((46.5, "Ngón trỏ trái"), (65.5, "Ngón trỏ phải")):
        s.box(x, 9, 16, 20, 0.15, DARK)
        s.center(x + 8, 7.8, label, "sans", 4.6, DARK)
        _whorl(s, x + 8, 19, 7)
    for line, words in enumerate(person.mrz()):
        for place, sign in enumerate(words):
            s.center(5.0 + 2.54 * (place + 0.5), 38.4 + 5.6 * line, sign, "monobold", 11.6)
    return _rounded(s)


def tilts(name, count):
    """How far each card on a page lies askew, degrees clockwise."""
    rng = seeded("tilt", name)
    return [round(float(rng.uniform(-1.2, 1.2)), 1) for _ in range(count)]


def copy_page(name, person, sides=("front", "back"), grey=True):
    """An A4 photocopy of one or both sides, laid a little crooked."""
    s = Sheet(name)
    rng = seeded("copy", name)
    draw = {"front": front, "back": back}
    for place, (side, tilt) in enumerate(zip(sides, tilts(name, len(sides)))):
        tile = draw[side](person).rotate(-tilt, Image.BICUBIC, expand=True)
        if grey:
            colour = ImageOps.autocontrast(tile.convert("L").point(lambda v: min(255, int(v * 1.04))), cutoff=1)
            tile = Image.merge("RGBA", (colour, colour, colour, tile.getchannel("A")))
        at = (px(62 + rng.uniform(-3, 3)), px(52 + 72 * place + rng.uniform(-3, 3)))
        s.im.paste(tile, at, tile)
    return s


def _pair(s, x, y, label, value):
    s.text(x, y, label, "sans", 4.8, DARK)
    s.text(x + s.width(label + " ", "sans", 4.8), y, value, "sans", 6.4)


def _blank(side, person):
    """Card ground: pale colour, fine waves and the word MẪU across it."""
    s = Sheet(f"{side}/{person.id}", CARD, (226, 240, 240), mark=False)
    for wave in range(17):
        points = [(px(x / 2), px(wave * 3.6 - 3 + 2.4 * math.sin(x / 19 + wave * 0.8))) for x in range(0, 175)]
        s.pen.line(points, fill=(202, 226, 226) if wave % 2 else (240, 220, 214), width=2)
    word = Image.new("L", (px(70), px(30)), 0)
    ImageDraw.Draw(word).text((px(35), px(15)), "MẪU", font=font("sansbold", 54), fill=255, anchor="mm")
    word = word.rotate(18, Image.BICUBIC)
    s.im.paste((208, 224, 226), (px(12), px(13)), word)
    return s


def _portrait(s, x, y, w, h):
    """A faceless figure where the photograph would be."""
    s.pen.rectangle([px(x), px(y), px(x + w), px(y + h)], fill=(206, 216, 226))
    mid = x + w / 2
    s.pen.ellipse([px(mid - 9), px(y + h * 0.70), px(mid + 9), px(y + h * 1.5)], fill=(70, 86, 110))
    s.pen.rectangle([px(x), px(y + h), px(x + w), px(y + h + 9)], fill=(226, 240, 240))
    s.pen.rectangle([px(mid - 2), px(y + h * 0.56), px(mid + 2), px(y + h * 0.76)], fill=(196, 160, 136))
    s.pen.ellipse([px(mid - 5.6), px(y + 3.2), px(mid + 5.6), px(y + 15)], fill=(44, 40, 40))
    s.pen.ellipse([px(mid - 4.6), px(y + 5.8), px(mid + 4.6), px(y + 18)], fill=(206, 170, 146))
    s.center(mid, y + h - 1.2, "ẢNH MẪU", "sansbold", 5, (240, 240, 240))


def _whorl(s, cx, cy, radius):
    for step in range(1, 12):
        r = radius * step / 11.5
        s.pen.arc([px(cx - r * 0.8), px(cy - r), px(cx + r * 0.8), px(cy + r)], 20 * step, 20 * step + 330,
                  fill=(90, 90, 100), width=3)


def _rounded(s):
    mask = Image.new("L", s.im.size, 0)
    edge = [0, 0, s.im.width - 1, s.im.height - 1]
    ImageDraw.Draw(mask).rounded_rectangle(edge, px(3.2), fill=255)
    s.pen.rounded_rectangle(edge, px(3.2), outline=(150, 160, 160), width=3)
    s.im.putalpha(mask)
    return s.im
