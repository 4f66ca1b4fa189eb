package main

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"math/rand"
	"os"
	"strings"

	"github.com/moby/patternmatcher"
)

type file struct {
	Path   string `json:"path"`
	Whole  string `json:"whole"`  // "1" matched, "0" not, "e" error
	Walked string `json:"walked"` // the same through parent results
}
type testCase struct {
	Patterns []string `json:"patterns"`
	Bad      bool     `json:"bad,omitempty"`
	Files    []file   `json:"files,omitempty"`
}

var everyday = []string{"a", "b", "foo", "bar", ".git", "node_modules", "README.md", "*.log", "*.md", "**", "*", "?", "src", "x.go", "test_*", "foo?", "[a-c]", "**", "..", "."}
var hostile = []string{"a", "b", "aa", "*", "**", "***", "?", "[", "]", "^", "-", "\\", "{", "}", "|", "(", ")", "+", "$", ".", "..", "{2}", "{1,2}", "[^a]", "[a-b]", "[[:alpha:]]", "é", "ü", "日", "\xff", "\\d", "\\a", "\\.", "\\*", "\\b", " ", "!", "\xef\xbb\xbf", "\\pL", "\\x61", "\\Q", "\\101", "\n", "\\w", "[]a]", "[!a]", "]"}

func pick(r *rand.Rand, from []string) string { return from[r.Intn(len(from))] }

func pattern(r *rand.Rand, alphabet []string, hard bool) string {
	var sb strings.Builder
	if r.Intn(4) == 0 {
		sb.WriteString("!")
	}
	if r.Intn(12) == 0 {
		sb.WriteString("/")
	}
	n := 1 + r.Intn(4)
	for i := 0; i < n; i++ {
		if i > 0 {
			sb.WriteString("/")
		}
		k := 1
		if hard {
			k = 1 + r.Intn(4)
		}
		for j := 0; j < k; j++ {
			sb.WriteString(pick(r, alphabet))
		}
	}
	if r.Intn(10) == 0 {
		sb.WriteString("/")
	}
	return sb.String()
}

var names = []string{"a", "b", "foo", "bar", ".git", "node_modules", "README.md", "x.log", "a.md", "src", "x.go", "test_a", "foob", "c"}
var hardNames = []string{"a", "b", "aa", "ab", "bb", "*", "[", "]", "^", "\\", "{", "{2}", "|", "é", "日", "\xff", "a\xff", "\xe6\x97", "d", "5", ".", "a.b", "+", "a b", "!", "a\nb", "aab", "-"}

func path(r *rand.Rand, from []string, hard bool) string {
	n := 1 + r.Intn(4)
	parts := make([]string, n)
	for i := range parts {
		parts[i] = pick(r, from)
		if hard && r.Intn(2) == 0 {
			parts[i] += pick(r, from)
		}
		if parts[i] == "." || parts[i] == ".." {
			parts[i] = "a"
		}
	}
	return strings.Join(parts, "/")
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func code(m bool, err error) string {
	if err != nil {
		return "e"
	}
	if m {
		return "1"
	}
	return "0"
}

func walked(pm *patternmatcher.PatternMatcher, p string) string {
	var info patternmatcher.MatchInfo
	var m bool
	var err error
	parts := strings.Split(p, "/")
	for i := range parts {
		m, info, err = pm.MatchesUsingParentResults(strings.Join(parts[:i+1], "/"), info)
		if err != nil {
			return "e"
		}
	}
	return code(m, nil)
}

func main() {
	seed := flag.Int64("seed", 1, "")
	count := flag.Int("cases", 1250, "")
	flag.Parse()
	r := rand.New(rand.NewSource(*seed))
	os.Stderr.Close()
	var out []testCase
	for i := 0; i < *count; i++ {
		hard := i%2 == 1
		alphabet, from := everyday, names
		if hard {
			alphabet, from = hostile, hardNames
		}
		var tc testCase
		var raw []string
		for j := 0; j < 1+r.Intn(5); j++ {
			p := pattern(r, alphabet, hard)
			raw = append(raw, p)
			tc.Patterns = append(tc.Patterns, b64(p))
		}
		if pm, err := patternmatcher.New(raw); err != nil || pm == nil {
			tc.Bad = true
		} else {
			for j := 0; j < 4; j++ {
				p := path(r, from, hard)
				pm, _ := patternmatcher.New(raw)
				m, err := pm.MatchesOrParentMatches(p)
				pm2, _ := patternmatcher.New(raw)
				tc.Files = append(tc.Files, file{b64(p), code(m, err), walked(pm2, p)})
			}
		}
		out = append(out, tc)
	}
	w := json.NewEncoder(os.Stdout)
	for _, tc := range out {
		w.Encode(tc)
	}
}
