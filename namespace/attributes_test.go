package namespace_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"onramp/fault"
	"onramp/namespace"
)

// TestReadAttributes: search attributes as people give them, by lines of a form and by flags.
func TestReadAttributes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		want  map[string]string
		wrong string // in the fault
	}{
		{"two", []string{"CustomerId=Keyword", "Amount=Double"}, map[string]string{"CustomerId": "Keyword", "Amount": "Double"}, ""},
		{"blanks are legal", []string{" Customer Id = Keyword "}, map[string]string{"Customer Id": "Keyword"}, ""},
		{"every legal sign", []string{`a.,:-_\/@ b=Int`}, map[string]string{`a.,:-_\/@ b`: "Int"}, ""},
		{"tcld's and Terraform's words", []string{"Tags=keyword_list", "At=DATETIME"}, map[string]string{"Tags": "KeywordList", "At": "Datetime"}, ""},
		{"names differ by case", []string{"a=Int", "A=Int"}, map[string]string{"a": "Int", "A": "Int"}, ""},
		{"a name that is Temporal's in other letters", []string{"workflowid=Keyword"}, map[string]string{"workflowid": "Keyword"}, ""},
		{"an attribute that users may have, says the server", []string{"ScheduleId=Keyword"}, map[string]string{"ScheduleId": "Keyword"}, ""},
		{"empty lines", []string{"", "A=Int", "  "}, map[string]string{"A": "Int"}, ""},
		{"64 characters", []string{strings.Repeat("a", 64) + "=Int"}, map[string]string{strings.Repeat("a", 64): "Int"}, ""},
		{"65 characters", []string{strings.Repeat("a", 65) + "=Int"}, nil, "at most 64 characters; this one has 65"},
		{"another sign", []string{"Größe=Int"}, nil, "ö"},
		{"no type", []string{"CustomerId"}, nil, "“CustomerId” is not NAME=Type"},
		{"no name", []string{"=Keyword"}, nil, "is not NAME=Type"},
		{"an unknown type", []string{"A=Float"}, nil, "“Float” is no type of a search attribute"},
		{"a system attribute", []string{"WorkflowId=Keyword"}, nil, "“WorkflowId” is reserved"},
		{"a predefined one", []string{"BuildIds=KeywordList"}, nil, "“BuildIds” is reserved"},
		{"a field", []string{"Memo=Text"}, nil, "“Memo” is reserved"},
		{"Temporal's prefix", []string{"TemporalCustomer=Keyword"}, nil, "names that begin with Temporal are Temporal's own"},
		{"twice", []string{"A=Keyword", "A=Keyword"}, nil, "“A” is given twice"},
		{"twice with two types", []string{"A=Keyword", "A = Int"}, nil, "“A” is given twice, as Keyword and as Int"},
		{"too many", numberedAttributes("Text", 6), nil, "6 search attributes of type Text: a namespace has at most 5"},
	} {
		got, err := namespace.ReadAttributes(tt.lines)
		f := fault.From(err)
		switch {
		case tt.wrong == "" && (err != nil || !maps.Equal(got, tt.want)):
			t.Errorf("%s: %v, %v, want %v", tt.name, got, err, tt.want)
		case tt.wrong != "" && (f == nil || f.Kind != fault.Invalid || !strings.Contains(f.Title, tt.wrong) || f.Fix == ""):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.wrong)
		}
	}
}

func numberedAttributes(kind string, n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("A%d=%s", i, kind))
	}
	return out
}
