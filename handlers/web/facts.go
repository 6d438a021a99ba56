package web

import (
	"onramp/migration"
)

// ReplaceText is a fact of a replacement in words.
func ReplaceText(f migration.Fact) string {
	switch f.Kind {
	case migration.FactReplaceStarted:
		if Data[migration.ReplaceData](f).What == migration.ReplaceLeaf {
			return "Replacing the client certificate began"
		}
		return "Replacing the CA began"
	case migration.FactReplaceCA:
		return "The new CA: " + Data[migration.ReplaceCAData](f).Subject
	case migration.FactReplaceBundle:
		return "Both CAs were seen in the namespace"
	case migration.FactReplaceLeaf:
		return "The new client certificate: " + Data[migration.ReplaceLeafData](f).New.LeafSubject
	case migration.FactReplacePollers:
		d := Data[migration.ReplacePollersData](f)
		return "Polling " + d.TaskQueue + ": " + Many(len(d.Identities), "worker", "workers")
	case migration.FactReplaceNoted:
		return "Every worker has the new certificate, by word: " + Data[migration.ReplaceNoteData](f).Why
	case migration.FactReplaceRemoved:
		return "The replacement is done"
	case migration.FactReplaceBack:
		return "Rolled back: step " + Data[migration.ReplaceSeenData](f).Gate
	case migration.FactLeafRefused:
		return "A check with client certificate " + ShortPrint(Data[migration.LeafRefusedData](f).Leaf) + " was refused"
	}
	return f.Kind
}
