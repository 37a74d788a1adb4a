"""Which scans there are: stations, file names, pages, faults and slips.

What: `SCANS` lists every file of `scans/` with the recipe of each page.
Why: one table drives the drawing, the slips beside the scans and the manifest,
so that the ground truth cannot drift from the pictures.
What not: nothing is drawn here; `sheet` only names the drawing of a page.
"""

from dataclasses import dataclass
from datetime import date

import card
import papers
import people
from draw import Sheet
from scanner import Look

BABY = ("Nông Hoàng Bảo Thử", date(2026, 11, 10), "Nữ")
BABY_WORDS = "Ngày mười tháng mười một năm hai nghìn không trăm hai mươi sáu"
HOMES = {
    people.MAU.id: [("Vi Đức Mẫu", "30/05/1968", people.MAU.id, "Chủ hộ"),
                    ("Lý Thị Mẫu Na", "02/02/1970", "020170990055", "Vợ"),
                    ("Vi Mẫu Khang", "19/08/1998", "020098990171", "Con")],
    people.TUYET.id: [("Phùng Thị Mẫu Tuyết", "25/01/1957", people.TUYET.id, "Chủ hộ"),
                      ("Tạ Thử Lộc", "11/10/1985", "019085990340", "Con")],
}
SIDES = {"cccd-mat-truoc": ("front",), "cccd-mat-sau": ("back",), "cccd-hai-mat": ("front", "back")}
WHITE, CREAM, OLD = (252, 252, 250), (250, 248, 242), (246, 240, 226)


@dataclass(frozen=True)
class Page:
    """One page: what is drawn, how it is worn, what a reader can find on it."""

    paper: str
    look: Look = Look()
    about: object = None       # person or dossier on the paper
    reverse: "Page" = None     # the printed side of a blank back
    grey_copy: bool = True

    @property
    def blank(self):
        return self.paper == "mat-sau-trang"


@dataclass(frozen=True)
class Scan:
    """One file in an inbox and the slip beside it, if any."""

    path: str
    pages: tuple
    dpi: int
    dossier: people.Dossier
    kind: str
    title: str
    colour: str = "colour"     # colour, grey or bilevel
    slip: tuple = ("citizen", "dossier", "kind", "pages", "title")
    citizen: people.Person = None
    quality: int = 82
    orientation: int = None    # EXIF tag; None writes no EXIF at all
    taken: str = "2026:11:23 08:15:02"
    notes: str = ""

    @property
    def owner(self):
        return self.citizen or self.dossier.owner


def sheet(page, name):
    """Draw the clean sheet of a page."""
    about = page.about
    if page.paper == "to-khai-khai-sinh":
        return papers.birth_form(name, about, BABY, BABY_WORDS)
    if page.paper == "giay-tiep-nhan":
        return papers.receipt(name, about)
    if page.paper == "xac-nhan-cu-tru":
        return papers.residence(name, about, 200 + int(about.serial), HOMES[about.owner.id])
    if page.paper == "xac-nhan-hon-nhan":
        return papers.marriage_status(name, about, 80 + int(about.serial))
    if page.paper == "mat-sau-trang":
        return Sheet(name, mark=False)
    return card.copy_page(name, about, SIDES[page.paper], page.grey_copy)


def _blank(skew, of, through=0.055, tint=CREAM, **more):
    return Page("mat-sau-trang", Look(skew=skew, through=through, tint=tint, **more), reverse=of)


P = people
_birth = Page("to-khai-khai-sinh", Look(skew=0.8), P.BIRTH)
_house = Page("xac-nhan-cu-tru", Look(skew=-0.5, holes=True, tint=WHITE), P.HOUSE)
_groom = Page("xac-nhan-hon-nhan", Look(skew=0.6, tint=WHITE), P.GROOM)
_elder = Page("xac-nhan-cu-tru", Look(skew=1.1, tint=OLD, fold=True), P.ELDER)
_FEED = "quay-01/H36.105-261123-0007/20261123_"
_DESK = "quay-02/H36.105-261124-0005/"

SCANS = (
    Scan(_FEED + "081502_001.jpg", (_birth,), 300, P.BIRTH, "khai-sinh", "Tờ khai đăng ký khai sinh",
         quality=80, notes="hand-filled in blue ink"),
    Scan(_FEED + "081502_002.jpg", (_blank(-0.8, _birth),), 300, P.BIRTH, "khai-sinh",
         "Tờ khai đăng ký khai sinh, mặt sau", quality=80, notes="blank back of 081502_001.jpg"),
    Scan(_FEED + "081640_001.jpg", (Page("giay-tiep-nhan", Look(skew=-0.4, tint=WHITE), P.BIRTH),), 200,
         P.BIRTH, "giay-tiep-nhan", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", slip=("citizen", "kind", "pages"),
         notes="slip leaves the dossier to the folder name and the QR"),
    Scan(_FEED + "081733_001.jpg", (Page("cccd-mat-truoc", Look(skew=1.4), P.THU, grey_copy=False),), 300,
         P.BIRTH, "cccd", "Căn cước công dân của cha, mặt trước", quality=80),
    Scan(_FEED + "081733_002.jpg", (Page("cccd-mat-sau", Look(skew=0.3), P.THU, grey_copy=False),), 300,
         P.BIRTH, "cccd", "Căn cước công dân của cha, mặt sau", quality=80),
    Scan("quay-01/IMG_20261123_0003.jpg", (Page("cccd-hai-mat", Look(skew=-1.1), P.DIEM),), 200, P.BIRTH, "cccd",
         "Căn cước công dân của mẹ", colour="grey", citizen=P.DIEM, orientation=1, taken="2026:11:23 08:20:41"),
    Scan("quay-01/IMG_20261123_0004.jpg", (Page("xac-nhan-hon-nhan", Look(skew=0.5, turned=270), P.SINGLE),), 200,
         P.SINGLE, "hon-nhan", "Giấy xác nhận tình trạng hôn nhân", orientation=6, taken="2026:11:23 09:40:18",
         notes="stored sideways, upright once the EXIF orientation is applied"),
    Scan("quay-01/IMG_20261123_0005.jpg", (Page("giay-tiep-nhan", Look(skew=-1.5, turned=180), P.SINGLE),), 200,
         P.SINGLE, "giay-tiep-nhan", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", orientation=1,
         taken="2026:11:23 09:41:02", notes="fed upside down; nothing but the picture tells"),
    Scan("quay-01/IMG_20261123_0006.jpg", (Page("cccd-hai-mat", Look(skew=0.9, streak=True), P.QUYNH, grey_copy=False),),
         300, P.SINGLE, "cccd", "Căn cước công dân", quality=80, slip=(), notes="no slip; the card QR tells the citizen"),
    Scan("quay-01/Scan0001.pdf", (_house, _blank(0.5, _house, tint=WHITE, holes=True),
                                  Page("giay-tiep-nhan", Look(skew=0.2, tint=WHITE), P.HOUSE),
                                  Page("cccd-hai-mat", Look(skew=-0.9, tint=WHITE), P.MAU)), 200, P.HOUSE, "cu-tru",
         "Xác nhận thông tin về cư trú", quality=80, taken="20261123162533", notes="image-only PDF of a copier"),
    Scan("quay-01/20261123_162210_001.jpg", (Page("xac-nhan-cu-tru", Look(skew=1.2, holes=True), P.HOUSE),), 200,
         P.HOUSE, "cu-tru", "Xác nhận thông tin về cư trú", colour="grey", slip=("citizen", "dossier", "kind"),
         notes="slip gives no page count"),
    Scan("quay-02/DOC261124-002.tif", (_groom, _blank(-0.6, _groom),
                                       Page("cccd-hai-mat", Look(skew=-0.3, tint=WHITE), P.NGHIEM)), 300, P.GROOM,
         "hon-nhan", "Giấy xác nhận tình trạng hôn nhân", colour="bilevel", taken="2026:11:24 10:44:10"),
    Scan("quay-02/SCN_0007.tif", (Page("cccd-hai-mat", Look(skew=0.7, tint=WHITE), P.DIEM),
                                  Page("to-khai-khai-sinh", Look(skew=-1.0), P.BIRTH)),
         300, P.BIRTH, "cccd", "Căn cước công dân của mẹ, kèm tờ khai", colour="bilevel", citizen=P.DIEM,
         slip=("citizen", "dossier", "kind", "pages"), taken="2026:11:24 08:50:55"),
    Scan("quay-02/img20261124_10521501.jpg", (Page("xac-nhan-hon-nhan", Look(skew=-0.6, turned=90, tint=WHITE), P.GROOM),), 200,
         P.GROOM, "hon-nhan", "Giấy xác nhận tình trạng hôn nhân", notes="fed sideways, no EXIF; nothing but the picture tells"),
    Scan("quay-02/Scan_20261124.png", (Page("giay-tiep-nhan", Look(skew=0.5, noise=1.0, tint=WHITE), P.ELDER),), 200, P.ELDER,
         "giay-tiep-nhan", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", colour="grey", notes="four-bit palette PNG"),
    Scan("quay-02/Scan_20261124_0002.jpg", (Page("giay-tiep-nhan", Look(skew=-0.2, turned=180), P.GROOM),), 200, P.GROOM,
         "giay-tiep-nhan", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", colour="grey", slip=(), orientation=3,
         taken="2026:11:24 11:15:30", notes="no slip; stored upside down, upright once the EXIF orientation is applied"),
    Scan(_DESK + "Scan0001.jpg", (_elder,), 300, P.ELDER, "cu-tru", "Xác nhận thông tin về cư trú", quality=80),
    Scan(_DESK + "Scan0002.jpg", (_blank(-1.1, _elder, tint=OLD, fold=True),), 200, P.ELDER, "cu-tru",
         "Xác nhận thông tin về cư trú, mặt sau", notes="blank back of Scan0001.jpg"),
)
