package namespace

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"onramp/fault"
)

// AttributeType is a type of custom search attributes.
type AttributeType struct {
	Name string // "KeywordList"
	Most int    // how many a namespace of Temporal Cloud may have (docs.temporal.io/cloud/limits)
}

// AttributeTypes are the types of custom search attributes, as the server calls them.
var AttributeTypes = []AttributeType{{"Text", 5}, {"Keyword", 40}, {"Int", 20}, {"Double", 20}, {"Bool", 20}, {"Datetime", 20}, {"KeywordList", 5}}

// What the name of a search attribute may be (docs.temporal.io/cloud/limits). Blanks are legal.
const (
	attributeRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-_/@ \\"
	attributeMost  = 64
)

// reservedAttributes are the names that Temporal has for its own search attributes and fields; a server refuses them, and
// every name that begins with reservedPrefix (go.temporal.io/server v1.32.1, common/searchattribute/sadefs/constants.go).
var reservedAttributes = []string{"WorkflowId", "RunId", "WorkflowType", "StartTime", "ExecutionTime", "CloseTime", "ExecutionStatus", "TaskQueue", "HistoryLength",
	"ExecutionDuration", "StateTransitionCount", "HistorySizeBytes", "ParentWorkflowId", "ParentRunId", "RootWorkflowId", "RootRunId", "BinaryChecksums", "BuildIds",
	"BatcherNamespace", "BatcherUser", "NamespaceId", "MemoEncoding", "Memo", "VisibilityTaskKey"}

const reservedPrefix = "Temporal"

// AttributeNameRule is the rule that the name of a search attribute breaks, "" for none. It does not say which names are
// reserved: AttributeReserved does.
func AttributeNameRule(name string) string {
	switch bad := strings.Trim(name, attributeRunes); {
	case name == "":
		return "a name has at least one character"
	case len(name) > attributeMost:
		return fmt.Sprintf("a name has at most %d characters; this one has %d", attributeMost, len(name))
	case bad != "":
		return fmt.Sprintf("a name holds only letters a–z and A–Z, digits, blanks and . , : - _ / @ \\, and not %s", show([]rune(bad)[0]))
	}
	return ""
}

// AttributeReserved says whether a name belongs to Temporal itself.
func AttributeReserved(name string) bool {
	return slices.Contains(reservedAttributes, name) || strings.HasPrefix(name, reservedPrefix)
}

// JudgeAttribute judges one custom search attribute before it is added. The error is an Invalid fault without a field, whose
// title begins with the name.
func JudgeAttribute(name string) error {
	switch rule := AttributeNameRule(name); {
	case rule != "":
		return fault.New(fault.Invalid, "“"+short(name)+"” is no name of a search attribute: "+rule, "Choose another name, such as CustomerId.")
	case AttributeReserved(name) && strings.HasPrefix(name, reservedPrefix):
		return fault.New(fault.Invalid, "“"+short(name)+"” is reserved: names that begin with Temporal are Temporal's own", "Choose a name that begins otherwise.")
	case AttributeReserved(name):
		return fault.New(fault.Invalid, "“"+short(name)+"” is reserved: it is a search attribute or field of Temporal itself", "Choose another name; what Temporal sets itself need not be added.")
	}
	return nil
}

// ReadAttributes reads custom search attributes as people write them, each as NAME=Type ("CustomerId=Keyword", and
// "keyword_list" for KeywordList), and judges them: names, types, how many of each, and that none is there twice. Empty lines
// are left out. Types are given back as AttributeTypes has them. The error is an Invalid fault without a field.
func ReadAttributes(lines []string) (map[string]string, error) {
	out := map[string]string{}
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, word, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return nil, fault.New(fault.Invalid, "“"+short(strings.TrimSpace(line))+"” is not NAME=Type", "Write it as in CustomerId=Keyword.")
		}
		if err := JudgeAttribute(name); err != nil {
			return nil, err
		}
		kind, err := attributeType(word)
		if err != nil {
			return nil, err
		}
		if was, twice := out[name]; twice {
			what := "“" + short(name) + "” is given twice"
			if was != kind {
				what += ", as " + was + " and as " + kind
			}
			return nil, fault.New(fault.Invalid, what, "Give each search attribute once: a name has one type.")
		}
		out[name] = kind
	}
	if err := JudgeAttributes(out); err != nil {
		return nil, err
	}
	return out, nil
}

// JudgeAttributes judges all custom search attributes of a namespace, types by name: each name and type, and how many there
// are of a type. The error is an Invalid fault without a field.
func JudgeAttributes(all map[string]string) error {
	count := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := JudgeAttribute(name); err != nil {
			return err
		}
		kind, err := attributeType(all[name])
		if err != nil {
			return err
		}
		count[kind]++
	}
	for _, t := range AttributeTypes {
		if n := count[t.Name]; n > t.Most {
			return fault.New(fault.Invalid, fmt.Sprintf("%d search attributes of type %s: a namespace has at most %d", n, t.Name, t.Most), "Use fewer.")
		}
	}
	return nil
}

// attributeType finds a type by what somebody wrote: "Keyword", "keyword_list", "KEYWORDLIST".
func attributeType(word string) (string, error) {
	var names []string
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(word))
	for _, t := range AttributeTypes {
		if strings.ToLower(t.Name) == plain {
			return t.Name, nil
		}
		names = append(names, t.Name)
	}
	last := len(names) - 1
	return "", fault.New(fault.Invalid, "“"+short(strings.TrimSpace(word))+"” is no type of a search attribute", "Choose one of "+strings.Join(names[:last], ", ")+" and "+names[last]+".")
}
