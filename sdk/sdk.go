// Package sdk names the languages of Temporal's SDKs. What a room knows of a language beside its name is a row of that
// room's own table; a test there holds that every language has its row.
package sdk

// Language is a language with a Temporal SDK and an official money-transfer template
// (temporalio/money-transfer-project-*).
type Language struct {
	ID   string // in flags, URLs and the database: "dotnet"
	Name string // as people write it: ".NET"
}

// Languages are all of them, in the order to show them.
var Languages = []Language{
	{"python", "Python"},
	{"go", "Go"},
	{"typescript", "TypeScript"},
	{"java", "Java"},
	{"dotnet", ".NET"},
	{"ruby", "Ruby"},
	{"php", "PHP"},
}

// IDs are the IDs of Languages, in their order.
func IDs() []string {
	ids := make([]string, len(Languages))
	for i, l := range Languages {
		ids[i] = l.ID
	}
	return ids
}

// Name is how people write a language; an unknown ID is its own name.
func Name(id string) string {
	for _, l := range Languages {
		if l.ID == id {
			return l.Name
		}
	}
	return id
}
