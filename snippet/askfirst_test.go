package snippet

import (
	"strings"
	"testing"

	"onramp/fault"
	"onramp/sdk"
)

// TestAskFirst: each language has its wrapper, which signals at the source before it starts anything at the target.
func TestAskFirst(t *testing.T) {
	for _, lang := range sdk.IDs() {
		a, err := WriteAskFirst(lang)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ToLower(a.Content)
		code := text[strings.LastIndex(text, "once the source has drained"):]
		signal, start := strings.Index(code, "signal("), strings.LastIndex(code, "target")
		if signal < 0 {
			signal = strings.Index(code, "signalasync(")
		}
		if signal < 0 {
			signal = strings.Index(code, "source.signalworkflow(")
		}
		if signal < 0 || start < signal || !strings.Contains(text, "namespace") || a.Path == "" {
			t.Errorf("%s: signals at %d, starts at %d", lang, signal, start)
		}
	}
	if _, err := WriteAskFirst("cobol"); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}
