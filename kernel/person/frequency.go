package person

import (
	"math"
	"strings"
)

// How common a name is, in percent of people. Source: hoten.org, "100 họ phổ
// biến ở tỉnh Đắk Lắk", "100 tên nữ…" and "100 tên nam phổ biến ở tỉnh Đắk Lắk",
// sample DKL01 of 207,000 people born 1991-2002, read 2026-11-23; its commonest
// entries. The page lost the text of some names: Lê and Hà are filled in by their
// rank, Vũ and Tú (men) are estimates after github.com/toanluu/vietname. DKL01 is
// used because it gives names with their marks and holds many people from the
// northern border provinces.
const (
	surnamePercent = `Nguyễn 29.6 Trần 10.1 Lê 8.4 Phạm 5.9 Hoàng 4.1 Phan 3.2 Bùi 2.7 Võ 2.6 Hồ 2.2 Vũ 2.0 Đặng 1.9 Đỗ 1.8 Trương 1.7
Huỳnh 1.6 Ngô 1.6 Đinh 1.5 Dương 1.2 Trịnh 1.0 Nông 0.98 Mai 0.98 Hà 0.97 Đoàn 0.93 Lương 0.89 Cao 0.86 Đào 0.76 Lưu 0.51 Lý 0.49
Triệu 0.49 Phùng 0.37 Đàm 0.36 Chu 0.33 Văn 0.33 Vi 0.30 Thái 0.30 Lâm 0.29 Tạ 0.28 Vương 0.27 Tô 0.26 Hứa 0.23 Đậu 0.22 Châu 0.22
Quách 0.15 Lục 0.15 Ma 0.14 Lại 0.14 Tống 0.13 La 0.12 Bế 0.12 Mã 0.10 Mông 0.10 Kiều 0.10 Thân 0.09 Sầm 0.07 Lò 0.07 Vy 0.07`

	womenPercent = `Trang 4.19 Thảo 3.52 Linh 3.02 Anh 2.46 Phương 2.20 Hằng 2.14 Huyền 2.11 Hà 2.07 Hiền 2.03 Hương 1.72 Ngọc 1.72
Dung 1.70 Nhung 1.69 Thủy 1.65 Nhi 1.62 Duyên 1.55 Vân 1.50 Quỳnh 1.49 Nga 1.49 Yến 1.48 Trinh 1.46 Thương 1.34 Uyên 1.34 Hạnh 1.31
Ngân 1.22 Oanh 1.19 Trâm 1.16 Ly 1.16 Mai 1.15 Phượng 1.09 Thúy 1.08 Hoa 1.02 Vy 1.02 Hồng 0.99 Tâm 0.96 Thu 0.94 My 0.94 Giang 0.93
Loan 0.92 Thanh 0.88 Ánh 0.84 Vi 0.84 Lan 0.84 Quyên 0.80 Chi 0.80 Thư 0.74 Tiên 0.73 Thùy 0.69 Huệ 0.69 Nguyệt 0.67 Như 0.67
Nguyên 0.66 Tuyết 0.64 Diễm 0.62 Liên 0.60 Hòa 0.56 Hường 0.56 Hoài 0.53 Kiều 0.51 Lệ 0.51 Xuân 0.47 Tuyền 0.47 Thắm 0.46 Diệu 0.40
Dương 0.39 Sương 0.38 An 0.38 Bình 0.37 Bích 0.34 Châu 0.34 Thi 0.34 Hậu 0.32 Mỹ 0.31 Nhàn 0.31 Minh 0.31 Hiếu 0.31 Trúc 0.29 Hân 0.29
Na 0.29 Đào 0.28 Hải 0.27 Ý 0.27 Hảo 0.25 Cúc 0.25 Trân 0.24 Thoa 0.24 Phúc 0.22 Liễu 0.20 Thơm 0.20 Trà 0.20 Thuận 0.18 Thơ 0.18
Phụng 0.17 Lành 0.17 Quý 0.16 Hạ 0.15 Diệp 0.15 Tươi 0.14`

	menPercent = `Tuấn 2.71 Hoàng 2.46 Huy 2.23 Anh 2.05 Hiếu 1.99 Hùng 1.98 Nam 1.98 Sơn 1.90 Đức 1.88 Dũng 1.70 Thành 1.62 Đạt 1.56
Cường 1.56 Long 1.55 Trung 1.55 Hải 1.42 Nguyên 1.40 Thắng 1.40 Minh 1.31 Duy 1.15 Tiến 1.14 Quang 1.11 Phúc 1.05 Trường 1.02 Vũ 1.00
Tài 1.01 Toàn 0.98 Hưng 0.92 Phong 0.91 Tùng 0.89 Linh 0.87 Khánh 0.86 Bảo 0.86 Quân 0.83 Dương 0.79 Nghĩa 0.78 Lâm 0.78 Vinh 0.77
Bình 0.76 Mạnh 0.75 Tú 0.74 Việt 0.70 Thịnh 0.68 Hòa 0.68 Tâm 0.66 Hiệp 0.65 Tân 0.65 Phú 0.64 Phương 0.64 Thiện 0.62 Thái 0.62
Nhật 0.60 Công 0.59 Sang 0.59 Hậu 0.58 Quý 0.57 An 0.57 Phước 0.56 Quốc 0.55 Ngọc 0.54 Nhân 0.53 Vương 0.51 Khoa 0.50 Trí 0.50
Kiên 0.49 Lộc 0.48 Thanh 0.48 Thuận 0.48 Chiến 0.48 Trọng 0.45 Giang 0.41 Tín 0.38 Phát 0.37 Đại 0.37 Thông 0.37 Đông 0.35 Phi 0.34
Chung 0.33 Lợi 0.30 Quyền 0.29 Luân 0.27 Khải 0.25 Hoàn 0.24 Thiên 0.24 Danh 0.24 Thọ 0.24 Kiệt 0.24 Lực 0.23 Khang 0.23 Quyết 0.23
Thạch 0.22 Văn 0.22 Cảnh 0.21 Hiền 0.21 Hào 0.20 Tình 0.20 Thảo 0.20 Thương 0.19`

	// localPercent are surnames that are far more common among the Tày and Nùng
	// of Lạng Sơn than in the country. An estimate, set high: a common name is
	// weaker evidence, so that erring this way never merges two people.
	localPercent = `Hoàng 15 Nông 6 Lương 5 Vi 4 Triệu 4 Lý 3 Hà 3 Chu 2.5 Hứa 2 Lộc 1.5 Lăng 1 Đàm 1 Mã 1 Lành 1 Lâm 1 Dương 3 Liễu 0.7 Bế 0.7 Vy 0.7`

	// middlePercent is an estimate: no count of grown-ups' middle names was found.
	// Sample SG01 of hoten.org has Thị 17 % and Văn 3 % for children of 2007-2011,
	// older people far more.
	middlePercent = `Thị 33 Văn 20 Thu 3 Minh 3 Ngọc 3 Thanh 3 Đức 2.5 Hoàng 2 Phương 1.5 Quốc 1.5 Hữu 1.5 Xuân 1.5 Kim 1.5 Bích 1 Hồng 1 Đình 1.5 Quang 1.5 Công 1 Duy 1 Mạnh 0.7 Tuấn 0.7 Anh 0.7 Thùy 0.7 Hải 0.7`
)

// rarest is the share of a name that no table holds.
const rarest = 0.0008

// share holds how common names are, 0 to 1, by normal form with marks and by skeleton.
type share struct{ full, bare map[string]float64 }

var (
	surnames = shares(1, surnamePercent).atLeast(shares(1, localPercent))
	givens   = shares(2, womenPercent, menPercent)
	middles  = shares(1, middlePercent)
)

// shares reads tables of "name percent"; a name's share is the sum over them by n.
func shares(n float64, tables ...string) share {
	s := share{map[string]float64{}, map[string]float64{}}
	for _, t := range tables {
		w := strings.Fields(t)
		for i := 0; i+1 < len(w); i += 2 {
			y := readSyllable(strings.ToLower(w[i]))
			p := parsePercent(w[i+1]) / 100 / n
			s.full[y.full] += p
			s.bare[y.bare] += p
		}
	}
	return s
}

// parsePercent reads the tables above, which hold digits and one point.
func parsePercent(text string) (v float64) {
	scale := 0.0
	for _, c := range text {
		if c == '.' {
			scale = 1
			continue
		}
		v, scale = v*10+float64(c-'0'), scale*10
	}
	if scale > 0 {
		v /= scale
	}
	return v
}

func (s share) atLeast(t share) share {
	for k, v := range t.full {
		s.full[k] = max(s.full[k], v)
	}
	for k, v := range t.bare {
		s.bare[k] = max(s.bare[k], v)
	}
	return s
}

// bits is what it says that two people share the name: -log2 of its share.
func (s share) bits(y syllable, bare bool) float64 {
	p := s.full[y.full]
	if bare {
		p = s.bare[y.bare]
	}
	return -math.Log2(max(p, rarest))
}

func (s share) knows(y syllable) bool { return s.full[y.full] > 0 }

// Common is a name with the share of people who bear it.
type Common struct {
	Name    string
	Percent float64
}

// Surnames, WomensNames and MensNames return the country's common names, the
// most frequent first; LocalSurnames those of the Tày and Nùng of the province.
// For inventing people (package sim).
func Surnames() []Common      { return commons(surnamePercent) }
func LocalSurnames() []Common { return commons(localPercent) }
func WomensNames() []Common   { return commons(womenPercent) }
func MensNames() []Common     { return commons(menPercent) }

func commons(table string) (all []Common) {
	w := strings.Fields(table)
	for i := 0; i+1 < len(w); i += 2 {
		all = append(all, Common{w[i], parsePercent(w[i+1])})
	}
	return all
}
