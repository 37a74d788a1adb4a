"""Makes the pages that `compare.py` times: 300 dpi colour A4, JPEG quality 85, about 0.9 MB each.

What a counter scanner writes: paper that is not white, sensor noise, printed Vietnamese, a table, a
pen signature under a red stamp. All text and all people are invented. A page is fixed by its number
(and the versions of Pillow, NumPy and the fonts), and no two pages are equal: noise does not repeat.

    pages.py --out DIR 4 20 200     DIR/jpeg/0001.jpg … 0200.jpg, DIR/4.pdf, DIR/20.pdf, DIR/200.pdf

A PDF holds the first so many pages, one image a page and nothing else. What is there already stays.
"""

import argparse
import hashlib
import multiprocessing
import random
from pathlib import Path

import img2pdf
import numpy
import PIL
from PIL import Image, ImageDraw, ImageFilter, ImageFont

DPI = 300
SIZE = (2480, 3508)  # A4 at 300 dpi
MARGIN = 260
QUALITY = 85
NOISE = 1.6  # standard deviation in grey levels; sets the file size
FONTS = Path("/usr/share/fonts/truetype/liberation2")
PAPER = numpy.array([250, 247, 238], dtype=numpy.float32)
INK, RED, BLUE = (38, 36, 40), (196, 38, 44), (34, 52, 140)

WORDS = (
    "công dân hồ sơ giấy tờ khai sinh kết hôn thường trú tạm trú xác nhận đăng ký quyết định ủy ban "
    "nhân dân xã phường huyện tỉnh họ tên ngày tháng năm sinh quê quán dân tộc quốc tịch nghề nghiệp "
    "nơi cư trú cha mẹ người yêu cầu chứng thực bản sao sổ gốc thẩm quyền cơ quan tiếp nhận trả kết "
    "quả lệ phí thời hạn giải quyết căn cứ nghị định thông tư điều khoản điểm thửa đất diện tích bản "
    "đồ địa chính chuyển nhượng thừa kế tặng cho quyền sử dụng hợp đồng cam đoan chịu trách nhiệm trước "
    "pháp luật những nội dung trên đúng sự thật kính gửi đề nghị xem xét theo quy định hiện hành"
).split()


def font(name: str, points: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"Liberation{name}.ttf", round(points * DPI / 72))


def sentence(rng: random.Random) -> str:
    words = [rng.choice(WORDS) for _ in range(rng.randint(9, 22))]
    if rng.random() < 0.4:
        words.append(f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/{rng.randint(1950, 2025)}")
    return " ".join(words).capitalize() + "."


def draw_heading(draw: ImageDraw.ImageDraw, number: int) -> None:
    middle = SIZE[0] // 2
    for text, y, face in (
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 250, font("Serif-Bold", 13)),
        ("Độc lập – Tự do – Hạnh phúc", 320, font("Serif-Bold", 14)),
        ("TỜ KHAI XÁC NHẬN THÔNG TIN", 500, font("Serif-Bold", 15)),
        (f"Số: {number:04}/UBND-MẪU (giấy tờ hư cấu)", 590, font("Serif-Italic", 12)),
    ):
        draw.text((middle, y), text, INK, face, anchor="mm")
    draw.line((middle - 330, 365, middle + 330, 365), INK, 4)


def draw_text(draw: ImageDraw.ImageDraw, rng: random.Random, top: int, bottom: int) -> None:
    face = font("Serif-Regular", 13)
    room = SIZE[0] - 2 * MARGIN
    y, line = top, ""
    words: list[str] = []
    while y < bottom:
        if not words:
            words = sentence(rng).split()
        word = words.pop(0)
        if draw.textlength(f"{line} {word}", face) > room:
            draw.text((MARGIN, y), line, INK, face)
            y, line = y + 82, word
        else:
            line = f"{line} {word}".strip()


def draw_table(draw: ImageDraw.ImageDraw, rng: random.Random, top: int, rows: int) -> None:
    face = font("Sans-Regular", 10)
    columns = (MARGIN, MARGIN + 160, MARGIN + 950, MARGIN + 1400, SIZE[0] - MARGIN)
    for row in range(rows + 1):
        y = top + row * 84
        draw.line((columns[0], y, columns[-1], y), INK, 3)
        if row == rows:
            break
        cells = (str(row + 1), " ".join(rng.sample(WORDS, 4)), f"{rng.randint(1, 999):,} m²", rng.choice(WORDS))
        for x, cell in zip(columns, cells):
            draw.text((x + 20, y + 20), cell, INK, face)
    for x in columns:
        draw.line((x, top, x, top + rows * 84), INK, 3)


def draw_signature(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    x, y = 1750, 3080
    draw.text((x, y - 330), "TM. ỦY BAN NHÂN DÂN", INK, font("Serif-Bold", 13), anchor="mm")
    for radius, width in ((215, 10), (150, 5)):
        centre = (x - 130, y - 60)
        box = (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)
        draw.ellipse(box, outline=RED, width=width)
    draw.text((x - 130, y - 60), "UBND\nXÃ MẪU", RED, font("Sans-Bold", 12), anchor="mm", align="center")
    pen = [(x - 200 + step * 28, y - 60 + rng.randint(-90, 90)) for step in range(20)]
    draw.line(pen, BLUE, 7, joint="curve")
    draw.text((x, y + 200), "Nguyễn Thị Mẫu", INK, font("Serif-Bold", 13), anchor="mm")


def scanned(page: Image.Image, noise: numpy.random.Generator) -> Image.Image:
    """The page as the sensor sees it: soft edges, uneven paper, noise in every pixel."""
    ink = numpy.asarray(page.filter(ImageFilter.GaussianBlur(0.9)), dtype=numpy.float32) / 255
    shading = Image.fromarray(noise.normal(0, 2.5, (12, 9)).astype(numpy.float32))
    shading = numpy.asarray(shading.resize(SIZE, Image.Resampling.BICUBIC))
    grain = noise.standard_normal((SIZE[1], SIZE[0]), dtype=numpy.float32) * NOISE
    pixels = ink * PAPER + (shading + grain)[:, :, None]
    return Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8))


def make_page(number: int, path: Path) -> None:
    rng = random.Random(number)
    page = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(page)
    draw_heading(draw, number)
    rows = rng.randint(3, 7)
    table_top = 2620 - rows * 84
    draw_text(draw, rng, 720, table_top - 130)
    draw_table(draw, rng, table_top, rows)
    draw_signature(draw, rng)
    unfinished = path.with_suffix(".part")
    scan = scanned(page, numpy.random.default_rng(number))
    scan.save(unfinished, "JPEG", quality=QUALITY, dpi=(DPI, DPI))
    unfinished.rename(path)


def recipe() -> str:
    """Changes when the pages would: other code, other libraries, other fonts."""
    parts = [Path(__file__).read_bytes(), PIL.__version__.encode(), numpy.__version__.encode()]
    parts += [path.read_bytes() for path in sorted(FONTS.glob("*.ttf"))]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the pages")
    parser.add_argument("counts", type=int, nargs="+", help="pages a PDF")
    arguments = parser.parse_args()

    out: Path = arguments.out
    (out / "jpeg").mkdir(parents=True, exist_ok=True)
    stamp = out / "recipe"
    if not stamp.exists() or stamp.read_text() != recipe():
        for old in [*out.glob("*.pdf"), *out.glob("jpeg/*")]:
            old.unlink()
        stamp.write_text(recipe())

    jpegs = [out / "jpeg" / f"{number:04}.jpg" for number in range(1, max(arguments.counts) + 1)]
    wanted = [(number, path) for number, path in enumerate(jpegs, 1) if not path.exists()]
    with multiprocessing.Pool() as pool:
        pool.starmap(make_page, wanted, chunksize=1)
    layout = img2pdf.get_layout_fun((img2pdf.mm_to_pt(210), img2pdf.mm_to_pt(297)))
    for count in arguments.counts:
        pdf = out / f"{count}.pdf"
        if not pdf.exists():
            unfinished = pdf.with_suffix(".part")
            with unfinished.open("wb") as file:
                img2pdf.convert(list(map(str, jpegs[:count])), layout_fun=layout, nodate=True, outputstream=file)
            unfinished.rename(pdf)


if __name__ == "__main__":
    main()
