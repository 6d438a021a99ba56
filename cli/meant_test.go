package cli

import (
	"strings"
	"testing"
)

// TestMeant: an unknown command is answered with the one that was meant, if one is near, and with where all of them are.
func TestMeant(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"chek"}, "Did you mean onramp check?"},
		{[]string{"transfr"}, "Did you mean onramp transfer?"},
		{[]string{"rehearsal"}, "Did you mean onramp rehearse?"},
		{[]string{"trans"}, "Did you mean onramp transfer?"},
		{[]string{"cert", "inspct"}, "Did you mean onramp cert inspect?"},
		{[]string{"cert", "crs"}, ""},
		{[]string{"explain"}, "Did you mean onramp decode?"},
		{[]string{"doctor"}, "Did you mean onramp check?"},
		{[]string{"cert", "show"}, "Did you mean onramp cert inspect?"},
		{[]string{"csr"}, "Did you mean onramp cert?"},
		{[]string{"zebra"}, ""},
		{[]string{"ab"}, ""},
	} {
		code, stdout, stderr := typed(t, c.args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "unknown command") {
			t.Errorf("%v: exit %d: %s%s", c.args, code, stdout, stderr)
		}
		if asks := strings.Contains(stderr, "Did you mean"); asks != (c.says != "") || strings.Contains(stderr, "Usage: onramp") || !strings.Contains(stderr, c.says) || !strings.Contains(stderr, "--help lists all commands.") {
			t.Errorf("%v: want %q:\n%s", c.args, c.says, stderr)
		}
	}
}

// TestHelpShowsWhatFollows: a command's help shows how it is called, with file names where it takes them, and the
// overview names every kind of certificate command.
func TestHelpShowsWhatFollows(t *testing.T) {
	for name, want := range map[string]string{
		"cert inspect": "Usage: onramp cert inspect [--flag value …] file …\n",
		"cert lint":    "Usage: onramp cert lint [--flag value …] file …\n",
		"cert csr":     "Usage: onramp cert csr [--flag value …]\n",
		"check":        "Usage: onramp check [--flag value …]\n",
		"":             "ca, leaf, csr, sign, inspect, lint, bundle, batch\n",
	} {
		if code, stdout, stderr := typed(t, append(strings.Fields(name), "--help")...); code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("onramp %s --help, exit %d, lacks %q:\n%s%s", name, code, want, stdout, stderr)
		}
	}
	if _, _, stderr := typed(t, "cert", "sign", "--csr", "none.csr"); strings.Contains(stderr, "--ca: --ca") || !strings.Contains(stderr, "--ca is missing") {
		t.Errorf("a missing flag is named twice, or not at all:\n%s", stderr)
	}
}
