"""Invented citizens and dossiers of the sample scans.

What: the persons, the fictional commune and the dossiers that the sample
papers are filled with, plus the two encodings derived from a person: the QR
text and the machine-readable zone of an identity card.
Why: every paper of one citizen must agree with the others, so that a test can
compare what is read from a page with one source of truth.
What not: no real person, agency or number. The serial part of each identity
number starts with 99, which registration offices never reach.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date

AGENCY = "Ủy ban nhân dân xã Mẫu Sơn Thử"
COMMUNE = "xã Mẫu Sơn Thử"
PROVINCE = "tỉnh Thử Nghiệm"
CENTRE = "Trung tâm Phục vụ hành chính công"


@dataclass(frozen=True)
class Person:
    """One invented citizen with the card he or she holds."""

    id: str
    name: str
    born: date
    male: bool
    folk: str
    hamlet: str
    issued: date
    expires: date
    phone: str
    slant: float  # how far the handwriting leans
    old_id: str = ""

    @property
    def sex(self):
        return "Nam" if self.male else "Nữ"

    @property
    def address(self):
        return f"{self.hamlet}, {COMMUNE}, {PROVINCE}"

    def qr(self):
        """Text of the QR on the front of a chip card (seven fields)."""
        place = f"{self.hamlet}, {COMMUNE.removeprefix('xã ')}, {PROVINCE.removeprefix('tỉnh ')}"
        return "|".join([self.id, self.old_id, self.name, self.born.strftime("%d%m%Y"),
                         self.sex, place, self.issued.strftime("%d%m%Y")])

    def mrz(self):
        """Three TD1 lines of the card's back."""
        short = self.id[3:]
        first = f"IDVNM{short}{check_digit(short)}{self.id}<<{check_digit(self.id)}"
        born, ends = self.born.strftime("%y%m%d"), self.expires.strftime("%y%m%d")
        middle = f"{born}{check_digit(born)}{'M' if self.male else 'F'}{ends}{check_digit(ends)}"
        whole = first[5:30] + middle[0:7] + middle[8:15] + "<" * 11
        second = f"{middle}VNM{'<' * 11}{check_digit(whole)}"
        surname, *given = ascii_upper(self.name).split()
        third = f"{surname}<<{'<'.join(given)}".ljust(30, "<")[:30]
        return first, second, third


def check_digit(text):
    """ICAO 9303 check digit: weights 7, 3, 1; letters count from A = 10."""
    total = 0
    for place, sign in enumerate(text):
        value = 0 if sign == "<" else int(sign, 36)
        total += value * (7, 3, 1)[place % 3]
    return str(total % 10)


def ascii_upper(name):
    """The name as the machine-readable zone spells it."""
    plain = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    return "".join(c for c in plain if not unicodedata.combining(c)).upper()


THU = Person("020091990417", "Nông Văn Thử", date(1991, 3, 14), True, "Tày",
             "Thôn Pò Mẫu", date(2021, 8, 15), date(2031, 3, 14), "0900 000 117", 0.20,
             "080990417")
DIEM = Person("020194990283", "Hoàng Thị Mẫu Diễm", date(1994, 9, 2), False, "Nùng",
              "Thôn Pò Mẫu", date(2021, 9, 3), date(2034, 9, 2), "0900 000 283", 0.10)
MAU = Person("020068990052", "Vi Đức Mẫu", date(1968, 5, 30), True, "Tày",
             "Thôn Khuổi Thử", date(2021, 4, 26), date(2028, 5, 30), "0900 000 052", 0.26)
QUYNH = Person("020303990738", "Lường Thị Giả Quỳnh", date(2003, 12, 17), False, "Thái",
               "Thôn Bản Mẫu", date(2022, 1, 19), date(2028, 12, 17), "0900 000 738", 0.06)
NGHIEM = Person("004099990614", "Triệu Quang Thử Nghiệm", date(1999, 7, 8), True, "Dao",
                "Thôn Khuổi Thử", date(2022, 6, 21), date(2039, 7, 8), "0900 000 614", 0.15)
TUYET = Person("019157990126", "Phùng Thị Mẫu Tuyết", date(1957, 1, 25), False, "Kinh",
               "Thôn Bản Mẫu", date(2021, 5, 12), date(2099, 12, 31), "0900 000 126", 0.12)

CITIZENS = (THU, DIEM, MAU, QUYNH, NGHIEM, TUYET)


@dataclass(frozen=True)
class Dossier:
    """One case at the counter, as its receipt slip shows it."""

    code: str
    owner: Person
    matter: str
    parts: tuple
    taken: date
    clock: str
    due: date
    officer: str
    slot: str = "17 giờ 00"

    @property
    def serial(self):
        return self.code.rsplit("-", 1)[1]


BIRTH = Dossier("H36.105-261123-0007", THU, "Đăng ký khai sinh (1.001193)",
                ("Tờ khai đăng ký khai sinh (bản chính)",
                 "Giấy chứng sinh (bản chính)",
                 "Căn cước công dân của cha, mẹ (bản sao)"),
                date(2026, 11, 23), "08 giờ 12", date(2026, 11, 23), "Lý Thị Mẫu Hạnh")
SINGLE = Dossier("H36.105-261123-0008", QUYNH,
                 "Cấp giấy xác nhận tình trạng hôn nhân (1.004873)",
                 ("Tờ khai cấp giấy xác nhận tình trạng hôn nhân",
                  "Căn cước công dân (bản sao)"),
                 date(2026, 11, 23), "09 giờ 05", date(2026, 11, 23), "Lý Thị Mẫu Hạnh")
HOUSE = Dossier("H36.105-261123-0011", MAU, "Xác nhận thông tin về cư trú",
                ("Tờ khai thay đổi thông tin cư trú (CT01)",
                 "Căn cước công dân (bản sao)"),
                date(2026, 11, 23), "14 giờ 20", date(2026, 11, 23), "Lý Thị Mẫu Hạnh")
GROOM = Dossier("H36.105-261124-0002", NGHIEM,
                "Cấp giấy xác nhận tình trạng hôn nhân (1.004873)",
                ("Tờ khai cấp giấy xác nhận tình trạng hôn nhân",
                 "Căn cước công dân (bản sao)"),
                date(2026, 11, 24), "08 giờ 31", date(2026, 11, 24), "Đặng Mẫu Khôi")
ELDER = Dossier("H36.105-261124-0005", TUYET, "Xác nhận thông tin về cư trú",
                ("Tờ khai thay đổi thông tin cư trú (CT01)",
                 "Giấy tờ chứng minh chỗ ở hợp pháp (bản sao)"),
                date(2026, 11, 24), "10 giờ 02", date(2026, 11, 24), "Đặng Mẫu Khôi")

DOSSIERS = (BIRTH, SINGLE, HOUSE, GROOM, ELDER)
