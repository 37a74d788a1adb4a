"""Writers of the files that desk scanners and copiers leave in a folder.

What: JPEG with density and camera-like tags, multi-page G4 TIFF with one strip
a page, PNG, and the image-only PDF of a copier.
Why: the readers under test must meet the containers as devices write them.
What not: no drawing and no faults. Nothing here depends on the clock: dates
come from the caller, so that two runs give the same bytes.
"""

import io
import struct

import pikepdf
from PIL import Image
from pikepdf import Array, Dictionary, Name

MAKER, MODEL = "THU NGHIEM", "TN-ScanFeed 240"


def jpeg_bytes(im, dpi, quality=82, orientation=None, taken=None):
    """A JPEG with JFIF density; with tags when orientation is given."""
    tags = {}
    if orientation is not None:
        exif = Image.Exif()
        exif[0x010F], exif[0x0110] = MAKER, MODEL
        exif[0x0112] = orientation
        exif[0x011A], exif[0x011B], exif[0x0128] = float(dpi), float(dpi), 2
        exif[0x0131] = "TN Scan Utility 3.1"
        exif[0x0132] = taken
        tags["exif"] = exif
    out = io.BytesIO()
    im.save(out, "JPEG", quality=quality, dpi=(dpi, dpi), subsampling=2 if im.mode == "RGB" else -1,
            optimize=True, **tags)
    return out.getvalue()


def png_bytes(im, dpi):
    """A grey PNG in sixteen steps, as a scanner's "small file" setting gives."""
    steps = im.convert("L").point(lambda v: min(15, (v + 14) // 17) * 17)
    shades = [round(i * 255 / 15) for i in range(16)]
    flat = steps.point(lambda v: v // 17)
    flat = Image.frombytes("P", flat.size, flat.tobytes())
    flat.putpalette([v for shade in shades for v in (shade,) * 3])
    out = io.BytesIO()
    flat.save(out, "PNG", dpi=(dpi, dpi), bits=4, optimize=True)
    return out.getvalue()


def bilevel(im, threshold=150):
    """Black and white as a scanner's text mode decides it."""
    return im.convert("L").point(lambda v: 255 if v > threshold else 0).convert("1")


def tiff_bytes(pages, dpi, taken):
    """Multi-page G4 TIFF as scanners write it: white is zero, one strip a page."""
    out, link = bytearray(b"II*\0\0\0\0\0"), 4
    for number, page in enumerate(pages):
        strip = _g4_strip(page)
        at = len(out)
        out += strip + b"\0" * (len(strip) % 2)
        texts = [(tag, words.encode() + b"\0") for tag, words in
                 ((271, MAKER), (272, MODEL), (305, "TN Scan Utility 3.1"), (306, taken))]
        placed = {}
        for tag, words in texts + [(282, struct.pack("<II", dpi, 1)), (283, struct.pack("<II", dpi, 1))]:
            placed[tag] = (len(words), len(out))
            out += words + b"\0" * (len(words) % 2)
        entries = [(254, 4, 1, 2), (256, 4, 1, page.width), (257, 4, 1, page.height), (258, 3, 1, 1),
                   (259, 3, 1, 4), (262, 3, 1, 0), (266, 3, 1, 1), (273, 4, 1, at), (277, 3, 1, 1),
                   (278, 4, 1, page.height), (279, 4, 1, len(strip)), (282, 5, 1, placed[282][1]),
                   (283, 5, 1, placed[283][1]), (296, 3, 1, 2), (297, 3, 2, number | len(pages) << 16)]
        entries += [(tag, 2, *placed[tag]) for tag, _ in texts]
        struct.pack_into("<I", out, link, len(out))
        out += struct.pack("<H", len(entries))
        for entry in sorted(entries):
            out += struct.pack("<HHII", *entry)
        link = len(out)
        out += b"\0" * 4
    return bytes(out)


def _g4_strip(page):
    """The page's G4 data, black coded as one."""
    plain = io.BytesIO()
    page.convert("L").point(lambda v: 255 - v).convert("1").save(
        plain, "TIFF", compression="group4", strip_size=page.width * page.height)
    tags = Image.open(plain).tag_v2
    (at,), (length,) = tags[273], tags[279]
    return plain.getvalue()[at:at + length]


def pdf_bytes(pages, dpi, taken):
    """A copier's PDF: every page is one JPEG, nothing else."""
    pdf = pikepdf.new()
    for number, (jpeg, (w, h), grey) in enumerate(pages, 1):
        wide, high = (round(side * 72 / dpi, 2) for side in (w, h))
        image = pdf.make_stream(jpeg, Type=Name.XObject, Subtype=Name.Image, Width=w, Height=h,
                                ColorSpace=Name.DeviceGray if grey else Name.DeviceRGB,
                                BitsPerComponent=8, Filter=Name.DCTDecode)
        body = pdf.make_stream(f"q {wide} 0 0 {high} 0 0 cm /Im{number} Do Q\n".encode())
        page = Dictionary(Type=Name.Page, MediaBox=Array([0, 0, wide, high]), Contents=body,
                          Resources=Dictionary(XObject=Dictionary({f"/Im{number}": image})))
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    pdf.docinfo["/Producer"] = "TN-Copier 3025 PDF Engine 1.4"
    pdf.docinfo["/Creator"] = "TN-Copier 3025"
    pdf.docinfo["/CreationDate"] = f"D:{taken}+07'00'"
    out = io.BytesIO()
    pdf.save(out, force_version="1.4", deterministic_id=True, fix_metadata_version=False,
             object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
    return out.getvalue()
