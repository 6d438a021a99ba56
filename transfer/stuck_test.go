package transfer

import "testing"

// TestBlank: what a Go worker makes of an argument that was not given, and what somebody gave.
func TestBlank(t *testing.T) {
	for text, want := range map[string]bool{
		`{"SourceAccount":"","TargetAccount":"","Amount":0,"ReferenceID":""}`: true,
		`{"SourceAccount":null,"Ok":false}`:                                   true,
		`{"SourceAccount":"85-150","Amount":0}`:                               false,
		`{"Amount":1}`:                                                        false,
		`{"Items":[]}`:                                                        false,
		`{}`:                                                                  false,
		`""`:                                                                  false,
		``:                                                                    false,
	} {
		if got := blank(text); got != want {
			t.Errorf("blank(%s) = %v", text, got)
		}
	}
}
