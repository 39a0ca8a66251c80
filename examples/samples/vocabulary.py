"""Words that samples are made of. Places are real; people, shops and companies are invented and marked "(mẫu)"."""

from collections.abc import Mapping

MARK = "(mẫu)"

ISPS: tuple[tuple[str, str], ...] = (
    ("mau-song-thai", "Công ty Internet Sông Thái"),
    ("mau-con-son", "Công ty Internet Côn Sơn"),
    ("mau-thanh-dong", "Công ty Internet Thành Đông"),
)
TELECOMS: tuple[tuple[str, str], ...] = (
    ("mau-hong-chau", "Viễn thông Hồng Châu"),
    ("mau-luc-dau", "Viễn thông Lục Đầu"),
)

FAMILY_NAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Vũ", "Đặng", "Bùi", "Đỗ", "Hoàng", "Phan", "Đoàn", "Lương")
MIDDLE_NAMES = ("Văn", "Thị", "Đức", "Hữu", "Ngọc", "Minh", "Thu", "Quang", "Xuân", "Thanh")
GIVEN_NAMES = (
    "An",
    "Bình",
    "Chiến",
    "Dũng",
    "Giang",
    "Hà",
    "Hằng",
    "Hòa",
    "Huệ",
    "Khánh",
    "Lan",
    "Lợi",
    "Mai",
    "Nga",
    "Oanh",
    "Phượng",
    "Quyên",
    "Sơn",
    "Thủy",
    "Tuấn",
    "Vân",
    "Yến",
)
SHOP_NAMES = (
    "Ánh Dương",
    "Bạch Đằng",
    "Cầu Vồng",
    "Đồng Xanh",
    "Hoa Sữa",
    "Hoàng Long",
    "Kết Nối",
    "Mạng Việt",
    "Ngôi Sao",
    "Phố Mới",
    "Sao Mai",
    "Thành Công",
    "Thiên Thần",
    "Trẻ",
    "Tuổi Xanh",
    "Việt Hùng",
)
STREETS = (
    "đường Nguyễn Trãi",
    "đường Trần Hưng Đạo",
    "phố Lê Lợi",
    "phố Phạm Ngũ Lão",
    "đường Thanh Niên",
    "đường Độc Lập",
    "phố Chợ",
    "quốc lộ 5",
)
COMMUNES: Mapping[str, tuple[str, ...]] = {
    "hai-duong": ("phường Trần Phú", "phường Quang Trung", "phường Lê Thanh Nghị"),
    "chi-linh": ("thị trấn Sao Đỏ", "xã Cộng Hòa"),
    "nam-sach": ("thị trấn Nam Sách", "xã Quốc Tuấn"),
    "kinh-mon": ("thị trấn Kinh Môn", "xã Hiệp Sơn"),
    "kim-thanh": ("thị trấn Phú Thái", "xã Kim Anh"),
    "thanh-ha": ("thị trấn Thanh Hà", "xã Thanh Sơn"),
    "cam-giang": ("thị trấn Lai Cách", "xã Cẩm Điền"),
    "binh-giang": ("thị trấn Kẻ Sặt", "xã Tráng Liệt"),
    "gia-loc": ("thị trấn Gia Lộc", "xã Toàn Thắng"),
    "tu-ky": ("thị trấn Tứ Kỳ", "xã Hưng Đạo"),
    "ninh-giang": ("thị trấn Ninh Giang", "xã Đồng Tâm"),
    "thanh-mien": ("thị trấn Thanh Miện", "xã Đoàn Tùng"),
}
"""Area code → communes of that district of Hải Dương in 2009."""

FOREIGN_DISTRICT = "Huyện Vĩnh Bảo"
"""A district of the neighbouring province, as companies write it by mistake."""
