package phone

import "strings"

// What browsers call themselves; the first that is found holds, for each says
// what the ones before it were taken for as well.
var (
	browsers = [][2]string{{"Zalo", "Zalo"}, {"FBAN", "Facebook"}, {"FBAV", "Facebook"}, {"coc_coc_browser", "Cốc Cốc"}, {"SamsungBrowser", "Samsung Internet"},
		{"EdgA", "Edge"}, {"EdgiOS", "Edge"}, {"Edg/", "Edge"}, {"OPR/", "Opera"}, {"FxiOS", "Firefox"}, {"Firefox", "Firefox"}, {"CriOS", "Chrome"},
		{"Chrome", "Chrome"}, {"Safari", "Safari"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// browserOf names a browser and its device as their owner would, "Chrome ·
// Android"; "" for one that says nothing known.
func browserOf(agent string) string {
	var said []string
	for _, known := range [][][2]string{browsers, systems} {
		for _, k := range known {
			if strings.Contains(agent, k[0]) {
				said = append(said, k[1])
				break
			}
		}
	}
	return strings.Join(said, " · ")
}
