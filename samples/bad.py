"""Broken inputs: what a watch folder meets on a bad day.

What: `write` puts small files into a folder, each wrong in one way; `WHY` says
how, for the manifest.
Why: the daemon must refuse each of them with a clear reason and keep running.
What not: no attacks beyond a lying image header, and no secrets: the password
of the locked PDF stands below.
"""

import io
import struct
import zlib

import pikepdf
from PIL import Image, ImageDraw

import formats
from draw import font

PASSWORD = "mau-thu"
WHY = {
    "zero.jpg": "no bytes at all",
    "truncated.jpg": "JPEG cut off in the middle of its data",
    "really-a-png.jpg": "a sound PNG under the wrong name",
    "locked.pdf": f"PDF that asks for a password ({PASSWORD})",
    "page17.tif": "42 pages of G4 TIFF; the strip of page 17 lies beyond the end of the file",
    "huge-header.png": "the header claims 100000 x 100000 pixels",
    "not-a-scan.txt": "plain text",
    "half.pdf": "PDF cut off before its cross-reference table",
}


def _tile(words, size=(496, 702)):
    im = Image.new("RGB", size, (250, 249, 245))
    pen = ImageDraw.Draw(im)
    pen.text((size[0] / 2, size[1] / 3), words, font=font("serif", 10), fill=(30, 30, 40), anchor="mm")
    pen.text((size[0] / 2, size[1] - 20), "MẪU THỬ – DỮ LIỆU GIẢ", font=font("sans", 3.5), fill=(120, 120, 120), anchor="mm")
    return im


def _png(im):
    out = io.BytesIO()
    im.convert("L").quantize(8).save(out, "PNG", dpi=(60, 60), optimize=True)
    return out.getvalue()


def _pdf(words):
    im = _tile(words)
    return formats.pdf_bytes([(formats.jpeg_bytes(im, 60), im.size, False)], 60, "20261123080000")


def _locked():
    with pikepdf.open(io.BytesIO(_pdf("Trang 1"))) as pdf:
        out = io.BytesIO()
        lock = pikepdf.Encryption(user=PASSWORD, owner=PASSWORD, R=3, aes=False, metadata=False)
        pdf.save(out, encryption=lock, static_id=True)
        return out.getvalue()


def _page17():
    """Point page 17's StripOffsets beyond the end of the file."""
    data = bytearray(formats.tiff_bytes([_tile(f"Trang {n}").convert("1", dither=Image.Dither.NONE)
                                         for n in range(1, 43)], 60, "2026:11:24 10:00:00"))
    at = struct.unpack_from("<I", data, 4)[0]
    for _ in range(16):
        count = struct.unpack_from("<H", data, at)[0]
        at = struct.unpack_from("<I", data, at + 2 + 12 * count)[0]
    count = struct.unpack_from("<H", data, at)[0]
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        if struct.unpack_from("<H", data, entry)[0] == 273:
            struct.pack_into("<I", data, entry + 8, len(data) + 50_000)
    return bytes(data)


def _huge():
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(b"\0" * 3000)) + chunk(b"IEND", b""))


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    jpeg = formats.jpeg_bytes(_tile("Trang bị cắt"), 60)
    half = _pdf("Nửa tệp")
    files = {
        "zero.jpg": b"",
        "truncated.jpg": jpeg[:len(jpeg) * 6 // 10],
        "really-a-png.jpg": _png(_tile("PNG")),
        "locked.pdf": _locked(),
        "page17.tif": _page17(),
        "huge-header.png": _huge(),
        "not-a-scan.txt": "Đây không phải là bản quét.\n".encode(),
        "half.pdf": half[:len(half) // 2],
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
