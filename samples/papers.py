"""The papers of a commune counter, drawn clean as they leave pen and printer.

What: birth registration form, receipt slip (form 01), residence confirmation
and marriage status confirmation; each function gives back a `Sheet`.
Why: the wording and the layout follow the forms in use, so that orientation,
skew, codes and later text reading are tried on pages like the real ones.
What not: no identity cards (card.py), no wear (scanner.py). The agency is
invented and every page says so in its footer.
"""

from draw import Sheet
from people import AGENCY, CENTRE, COMMUNE, DIEM, PROVINCE, THU

LEFT, RIGHT = 30.0, 192.0
CHAIR = "Đinh Mẫu Trường"


def motto(sheet, x, y, size=12.5):
    """The national title with its underlined motto, centred on x."""
    sheet.center(x, y, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "bold", size)
    words, below = "Độc lập - Tự do - Hạnh phúc", size + 0.8
    sheet.center(x, y + 5.8, words, "bold", below)
    half = sheet.width(words, "bold", below) / 2
    sheet.rule(x - half, x + half, y + 7.6, 0.3)


def agency(sheet, x, y, lines, number=None):
    """The issuing body at the top left; the last line is set bold."""
    for line in lines[:-1]:
        sheet.center(x, y, line, "serif", 12)
        y += 5.4
    sheet.center(x, y, lines[-1], "bold", 12)
    sheet.rule(x - 12, x + 12, y + 1.8, 0.3)
    if number:
        sheet.center(x, y + 8.2, number, "serif", 12.5)


def day(when):
    return f"ngày {when.day:02d} tháng {when.month:02d} năm {when.year}"


def slashed(when):
    return when.strftime("%d/%m/%Y")


def leader_sign(sheet, x, y, titles, name, stamped=True):
    """Title, stamp over a third of the signature, printed name."""
    for title in titles:
        sheet.center(x, y, title, "bold", 12.5)
        y += 5.6
    sheet.signature(x - 20, y - 2, 44, 22, name)
    if stamped:
        sheet.stamp(x - 18, y + 8.5, "ỦY BAN NHÂN DÂN", "XÃ MẪU SƠN THỬ", "MẪU THỬ")
    sheet.center(x + 2, y + 28, name, "bold", 13)


def birth_form(name, dossier, child, born_words):
    """Request for birth registration, filled by hand by the father."""
    s, who, mother = Sheet(name), dossier.owner, DIEM
    lean = who.slant

    def row(y, *parts):
        s.row(LEFT, RIGHT, y, parts, lean)

    motto(s, 111, 25)
    s.center(111, 43, "TỜ KHAI ĐĂNG KÝ KHAI SINH", "bold", 15)
    s.text(52, 52, "Kính gửi:")
    s.row(71, 172, 52, [("", AGENCY, 1)], lean)
    row(62, ("Họ, chữ đệm, tên người yêu cầu:", who.name, 1))
    row(69, ("Ngày, tháng, năm sinh:", slashed(who.born), 2), ("Quan hệ với trẻ:", "Cha", 1))
    row(76, ("Nơi cư trú:", f"{who.hamlet}, {COMMUNE}, {PROVINCE}", 1))
    row(83, ("Giấy tờ tùy thân:", f"CCCD số {who.id}, cấp {slashed(who.issued)}", 1))
    s.text(LEFT, 92, "Đề nghị cơ quan đăng ký khai sinh cho người dưới đây:", "bold")
    row(100, ("Họ, chữ đệm, tên:", child[0], 1))
    row(107, ("Ngày, tháng, năm sinh:", slashed(child[1]), 1))
    row(114, ("Ghi bằng chữ:", born_words, 1))
    row(121, ("Giới tính:", child[2], 1), ("Dân tộc:", who.folk, 1), ("Quốc tịch:", "Việt Nam", 1.4))
    row(128, ("Nơi sinh:", f"Trạm y tế {COMMUNE}, {PROVINCE}", 1))
    row(135, ("Quê quán:", f"{COMMUNE[0].upper()}{COMMUNE[1:]}, {PROVINCE}", 1))
    row(144, ("Họ, chữ đệm, tên người mẹ:", mother.name, 1))
    row(151, ("Năm sinh:", str(mother.born.year), 1), ("Dân tộc:", mother.folk, 1), ("Quốc tịch:", "Việt Nam", 1.4))
    row(158, ("Nơi cư trú:", mother.address, 1))
    row(165, ("Giấy tờ tùy thân:", f"CCCD số {mother.id}", 1))
    row(174, ("Họ, chữ đệm, tên người cha:", THU.name, 1))
    row(181, ("Năm sinh:", str(THU.born.year), 1), ("Dân tộc:", THU.folk, 1), ("Quốc tịch:", "Việt Nam", 1.4))
    row(188, ("Nơi cư trú:", THU.address, 1))
    y = s.wrap(LEFT, 198, RIGHT, "Tôi cam đoan nội dung đề nghị đăng ký khai sinh trên đây là đúng sự thật, "
               "được sự thỏa thuận nhất trí của các bên liên quan theo quy định pháp luật.", first=8)
    y = s.wrap(LEFT, y, RIGHT, "Tôi chịu hoàn toàn trách nhiệm trước pháp luật về nội dung cam đoan của mình.", first=8)
    s.row(LEFT + 40, RIGHT, y + 4, [
        ("Làm tại:", "Mẫu Sơn Thử", 2.3), ("ngày", f"{dossier.taken.day}", 0.7),
        ("tháng", f"{dossier.taken.month}", 0.7), ("năm", f"{dossier.taken.year}", 1)], lean)
    s.text(LEFT, y + 14, "Đề nghị cấp bản sao:", "italic", 12)
    for x, label, ticked in ((LEFT, "Có", True), (LEFT + 18, "Không", False)):
        s.text(x, y + 21, label, size=12)
        s.box(x + s.width(label, size=12) + 2, y + 17.6, 4, 4)
        if ticked:
            s.hand(x + s.width(label, size=12) + 2.4, y + 21, "x", lean, 15)
    s.row(LEFT, LEFT + 42, y + 28, [("Số lượng:", "02", 1), ("bản", "", 0.01)], lean, 12)
    s.center(150, y + 13, "Người yêu cầu", "bold")
    s.center(150, y + 18.6, "(Ký, ghi rõ họ, chữ đệm, tên)", "italic", 11)
    s.signature(130, y + 20.5, 42, 19, who.name)
    s.hand(135, y + 45, who.name, lean, 16)
    return s


def receipt(name, dossier):
    """Form 01: receipt of a dossier and appointment, printed by the system."""
    s, who = Sheet(name), dossier.owner
    agency(s, 61, 25, [AGENCY.upper(), "TRUNG TÂM PHỤC VỤ", "HÀNH CHÍNH CÔNG"], f"Số: {dossier.serial}/TNHS")
    motto(s, 150, 25, 11)
    s.text(189, 48, f"Mẫu Sơn Thử, {day(dossier.taken)}", "italic", 12, anchor="rs")
    s.qr(LEFT + 2, 52, 24, dossier.code)
    s.center(124, 63, "GIẤY TIẾP NHẬN HỒ SƠ", "bold", 14.5)
    s.center(124, 70, "VÀ HẸN TRẢ KẾT QUẢ", "bold", 14.5)
    s.center(124, 77.5, f"Mã hồ sơ: {dossier.code}", "bold", 13)
    s.text(LEFT + 2, 80.4, dossier.code, "mono", 6.5)

    def row(y, *parts):
        s.row(LEFT, RIGHT, y, parts, typed=True)

    s.wrap(LEFT, 91, RIGHT, f"{CENTRE} {COMMUNE}", first=8)
    row(99, ("Tiếp nhận hồ sơ của:", who.name, 1))
    row(106, ("Số định danh cá nhân:", who.id, 1))
    row(113, ("Địa chỉ:", who.address, 1))
    row(120, ("Số điện thoại:", who.phone, 1), ("Email:", "", 1))
    row(127, ("Nội dung yêu cầu giải quyết:", dossier.matter, 1))
    s.text(LEFT, 135, "Thành phần hồ sơ nộp gồm:")
    y = 142
    for number, part in enumerate(dossier.parts, 1):
        s.text(LEFT + 8, y, f"{number}. {part};")
        y += 6.8
    row(y + 2, ("Số lượng hồ sơ:", "01 (bộ)", 1))
    days = max((dossier.due - dossier.taken).days, 1)
    row(y + 9, ("Thời gian giải quyết hồ sơ theo quy định:", f"{days} ngày làm việc", 1))
    row(y + 16, ("Thời gian nhận hồ sơ:", f"{dossier.clock}, {day(dossier.taken)}", 1))
    row(y + 23, ("Thời gian trả kết quả:", f"{dossier.slot}, {day(dossier.due)}", 1))
    row(y + 30, ("Đăng ký nhận kết quả tại:", f"{CENTRE} xã", 1))
    s.wrap(LEFT, y + 38, RIGHT, "Vào Sổ theo dõi hồ sơ, Quyển số: 01/2026    "
           f"Số thứ tự: {int(dossier.serial)}")
    y += 52
    for x, title, person in ((66, "NGƯỜI NỘP HỒ SƠ", who.name), (152, "NGƯỜI TIẾP NHẬN HỒ SƠ", dossier.officer)):
        s.center(x, y, title, "bold", 12.5)
        s.center(x, y + 5.2, "(Ký và ghi rõ họ tên)", "italic", 11)
        s.signature(x - 20, y + 6, 40, 19, person)
        if person == who.name:
            s.hand(x - 2.05 * len(person) / 1.6, y + 31, person, who.slant, 15)
        else:
            s.center(x, y + 31, person, "bold", 12.5)
    s.text(LEFT, y + 42, "Liên 1: Lưu tại bộ phận tiếp nhận. Tra cứu bằng mã QR.", "italic", 10.5)
    return s


def residence(name, dossier, number, household):
    """Confirmation of residence with the table of household members."""
    s, who = Sheet(name), dossier.owner
    agency(s, 62, 25, [PROVINCE.upper(), AGENCY.upper()], f"Số: {number}/XN-CT")
    motto(s, 150, 25, 11)
    s.text(189, 48, f"Mẫu Sơn Thử, {day(dossier.due)}", "italic", 12, anchor="rs")
    s.center(111, 60, "XÁC NHẬN THÔNG TIN VỀ CƯ TRÚ", "bold", 15)

    def row(y, *parts):
        s.row(LEFT, RIGHT, y, parts, typed=True)

    s.text(LEFT, 71, "I. Theo đề nghị của ông (bà):", "bold")
    row(78, ("1. Họ, chữ đệm và tên:", who.name, 1))
    row(85, ("2. Ngày, tháng, năm sinh:", slashed(who.born), 1.3), ("3. Giới tính:", who.sex, 1))
    row(92, ("4. Số định danh cá nhân:", who.id, 1.6), ("5. Dân tộc:", who.folk, 1))
    row(99, ("6. Nơi thường trú:", who.address, 1))
    s.text(LEFT, 108, "II. Các thành viên trong hộ gia đình:", "bold")
    columns = (LEFT, 41, 95, 121, 165, RIGHT)
    heads = ("TT", "Họ, chữ đệm và tên", "Ngày sinh", "Số định danh cá nhân", "Quan hệ")
    rows = [heads] + [(str(i), *cells) for i, cells in enumerate(household, 1)]
    rows += [("", "", "", "", "")] * (6 - len(rows))
    for line, cells in enumerate(rows):
        top = 112 + 8 * line
        for column, cell in enumerate(cells):
            wide = columns[column + 1] - columns[column]
            s.box(columns[column], top, wide, 8)
            s.center(columns[column] + wide / 2, top + 5.4, cell, "serif" if line else "bold", 11.5)
    y = s.wrap(LEFT, 170, RIGHT, f"III. {AGENCY} xác nhận: ông (bà) {who.name} và các thành viên nêu trên "
               f"hiện đăng ký thường trú tại {who.address}.", first=0)
    y = s.wrap(LEFT, y + 1, RIGHT, "Giấy này có giá trị 01 năm kể từ ngày cấp; khi thông tin về cư trú thay đổi "
               "thì hết giá trị kể từ thời điểm thay đổi.", first=8)
    leader_sign(s, 150, y + 8, ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"), CHAIR)
    s.text(LEFT, y + 10, "Nơi nhận:", "bolditalic", 11)
    s.text(LEFT, y + 15, f"- Ông (bà) {who.name};", size=10.5)
    s.text(LEFT, y + 19.6, "- Lưu: VT, HS.", size=10.5)
    return s


def marriage_status(name, dossier, number):
    """Confirmation of marriage status for one person."""
    s, who = Sheet(name), dossier.owner
    agency(s, 62, 25, [PROVINCE.upper(), AGENCY.upper()], f"Số: {number}/UBND-XNTTHN")
    motto(s, 150, 25, 11)
    s.text(189, 48, f"Mẫu Sơn Thử, {day(dossier.due)}", "italic", 12, anchor="rs")
    s.center(111, 64, "GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN", "bold", 15)
    s.center(111, 76, AGENCY.upper(), "bold", 13)
    s.wrap(LEFT, 87, RIGHT, f"Xét đề nghị của ông/bà: {who.name}, về việc cấp giấy xác nhận tình trạng hôn nhân,", first=8)
    s.center(111, 104, "XÁC NHẬN:", "bold", 13.5)

    def row(y, *parts):
        s.row(LEFT, RIGHT, y, parts, typed=True)

    row(115, ("Họ, chữ đệm, tên:", who.name, 1))
    row(123, ("Ngày, tháng, năm sinh:", slashed(who.born), 1))
    row(131, ("Giới tính:", who.sex, 1), ("Dân tộc:", who.folk, 1), ("Quốc tịch:", "Việt Nam", 1.2))
    row(139, ("Giấy tờ tùy thân:", f"Căn cước công dân số {who.id}", 1))
    row(147, ("Nơi cư trú:", who.address, 1))
    row(155, ("Tình trạng hôn nhân:", "Chưa đăng ký kết hôn với ai.", 1))
    y = s.wrap(LEFT, 166, RIGHT, "Giấy này có giá trị sử dụng trong thời hạn 6 tháng kể từ ngày cấp, "
               "được sử dụng để: đăng ký kết hôn.", first=8)
    leader_sign(s, 150, y + 10, ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"), CHAIR)
    s.text(LEFT, y + 14, "NGƯỜI THỰC HIỆN", "bold", 11.5)
    s.signature(LEFT - 2, y + 14, 34, 17, dossier.officer)
    s.text(LEFT, y + 37, dossier.officer, "bold", 11.5)
    return s
