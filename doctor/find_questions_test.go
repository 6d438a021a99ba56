package doctor

import "testing"

// TestFindAnswersQuestions: what people type in their own words finds something, and the likeliest first.
func TestFindAnswersQuestions(t *testing.T) {
	for text, first := range map[string]string{"UNAVAILABLE: io exception": "TC-01", "TransportError": "TC-01", "rotate": "CH-09", "permission denied": "NS-02",
		"transport: Error while dialing": "TC-01", "how do I upload": "CL-03", "stuck workflow": "TQ-01", "no worker": "TQ-01", "deadline exceeded": "TC-02"} {
		found := Find(text, 6)
		if len(found) < 2 || found[0].Code != first {
			t.Errorf("%q finds %v, want %s first", text, codesFound(text, 6), first)
		}
	}
	for _, q := range questions {
		for _, c := range q.codes {
			if _, ok := Lookup(c); !ok {
				t.Errorf("%q is answered by %s, which is no entry", q.words, c)
			}
		}
	}
}
