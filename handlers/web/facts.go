package web

import (
	"fmt"

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
	return rotateText(f)
}

// rotateText is a fact of the replacement of an API key in words.
func rotateText(f migration.Fact) string {
	switch f.Kind {
	case migration.FactRotateStarted:
		return "Replacing the API key began: " + Data[migration.RotateData](f).Old.Said()
	case migration.FactRotateKey:
		return "The new API key: " + Data[migration.RotateKeyData](f).New.Said()
	case migration.FactRotateGiven:
		return "The " + Data[migration.RotateGivenData](f).Which + " API key was given for a check"
	case migration.FactKeyPassed:
		return fmt.Sprintf("Check %d with an API key passed", Data[migration.KeyCheckData](f).RunNumber)
	case migration.FactKeyRefused:
		return fmt.Sprintf("Check %d with an API key was refused", Data[migration.KeyCheckData](f).RunNumber)
	case migration.FactRotateNoted:
		return "Every worker has the new API key, by word: " + Data[migration.ReplaceNoteData](f).Why
	case migration.FactRotateDeleted:
		return "The old API key is deleted"
	case migration.FactRotateBack:
		return "Rolled back: step " + Data[migration.RotateEndData](f).Gate
	}
	return switchText(f)
}

// switchText is a fact of a change of the sign-in method in words.
func switchText(f migration.Fact) string {
	switch f.Kind {
	case migration.FactSwitchStarted:
		d := Data[migration.SwitchData](f)
		return "Changing from " + migration.AuthSaid(d.From) + " to " + migration.AuthSaid(d.To) + " began"
	case migration.FactSwitchBoth:
		if Data[migration.SwitchBothData](f).Once {
			return "The sign-in method is to be changed in one step"
		}
		return "The namespace takes both sign-in methods"
	case migration.FactSwitchKey:
		return "The API key: " + Data[migration.SwitchKeyData](f).New.Said()
	case migration.FactSwitchChecked:
		d := Data[migration.SwitchCheckData](f)
		end := "was refused"
		if d.Passed {
			end = "passed"
		}
		return fmt.Sprintf("Check %d with the %s sign-in method %s", d.RunNumber, d.Which, end)
	case migration.FactRotatePollers, migration.FactSwitchPollers:
		d := Data[migration.ReplacePollersData](f)
		return "Polling " + d.TaskQueue + ": " + Many(len(d.Identities), "worker", "workers")
	case migration.FactSwitchNoted:
		return "No program uses the old sign-in method, by word: " + Data[migration.ReplaceNoteData](f).Why
	case migration.FactSwitchDone:
		return "Workers sign in with " + migration.AuthSaid(Data[migration.SwitchEndData](f).To) + " now"
	case migration.FactSwitchBack:
		return "Rolled back: step " + Data[migration.SwitchEndData](f).Gate
	}
	return f.Kind
}
