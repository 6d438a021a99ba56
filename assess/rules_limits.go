package assess

import (
	"fmt"
	"slices"
	"strings"
)

// Temporal Cloud's limits (docs.temporal.io/cloud/limits, read in November 2026).
const (
	historyEvents  = 51200
	historyBytes   = 50 << 20
	warnEvents     = 10240
	warnBytes      = 10 << 20
	signalsOfRun   = 10000
	updatesOfRun   = 2000
	pendingAdvised = 500
	largestPayload = 2 << 20
	largestBatch   = 4 << 20
	longestID      = 1000
)

var limitRules = []rule{
	{id: "H1", what: "history size", moves: code,
		rule:   "A history has at most 51,200 events and 50 MB in Temporal Cloud; it is warned of at 10,240 events or 10 MB.",
		source: docLimits, wrong: "Only a sample of open workflows was described.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			ask, unread := n.described(a, "History sizes")
			if !ask {
				return
			}
			var events, bytes int64
			var near, large []string
			for _, s := range n.Samples {
				if !s.Open || s.Described != Read {
					continue
				}
				events, bytes = max(events, s.HistoryLength), max(bytes, s.HistorySize)
				switch {
				case s.HistoryLength > historyEvents*8/10 || s.HistorySize > historyBytes*8/10:
					near = append(near, s.WorkflowID)
				case s.HistoryLength > warnEvents || s.HistorySize > warnBytes:
					large = append(large, s.WorkflowID)
				}
			}
			ev := map[string]any{"most_events": events, "most_bytes": bytes}
			fix := []Fix{developer("Continue as new well before the limit: at some 10,000 events or 10 MB.", "")}
			switch {
			case len(near) > 0:
				ev["workflow_ids"] = near
				a.both(Blocker, Row{Title: "Histories are near the limit: " + few(near, 3), Evidence: ev, Fix: fix})
			case len(large) > 0:
				ev["workflow_ids"] = large
				a.both(Warning, Row{Title: "Histories are large: " + few(large, 3), Evidence: ev, Fix: fix})
			case unread > 0:
				a.both(Unknown, Row{Title: plural(unread, "open workflow") + " could not be described", Evidence: ev})
			default:
				a.both(Pass, Row{Title: fmt.Sprintf("The largest history that was looked at has %s (%s)", plural(events, "event"), size(bytes)), Evidence: ev})
			}
		}},
	{id: "H2", what: "signals of a run", moves: code,
		rule: "A run takes at most 10,000 signals.", source: docLimits, wrong: "Only a sample of histories was read.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			seen, whole := n.everyType(func(s Sample) bool { return s.History.Signals > signalsOfRun*8/10 })
			n.seenOrNot(a, seen, whole, Row{Manual: Warning, Automated: Warning, Title: "Runs take more than 8,000 signals: " + few(seen, 4),
				Fix: []Fix{developer("Continue as new before 10,000 signals.", "")}}, "No run with more than 8,000 signals was seen")
		}},
	{id: "H3", what: "updates of a run", moves: code,
		rule: "A run takes at most 2,000 updates, 10 of them at a time.", source: docLimits, wrong: "Only a sample of histories was read.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			seen, whole := n.everyType(func(s Sample) bool { return s.History.Updates > updatesOfRun*8/10 })
			n.seenOrNot(a, seen, whole, Row{Manual: Warning, Automated: Warning, Title: "Runs take more than 1,600 updates: " + few(seen, 4),
				Fix: []Fix{developer("Continue as new before 2,000 updates.", "")}}, "No run with more than 1,600 updates was seen")
		}},
	{id: "H4", what: "pending work", moves: code,
		rule: "A run has at most 2,000 pending activities, children, signals or cancellations each; 500 are advised.", source: docLimits, wrong: "It is a moment's look at a sample.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			ask, unread := n.described(a, "Pending work")
			if !ask {
				return
			}
			most, what := 0, ""
			for _, s := range n.Samples {
				for k, v := range s.Pending {
					if v > most {
						most, what = v, k
					}
				}
			}
			switch {
			case most > pendingAdvised:
				a.both(Warning, Row{Title: fmt.Sprintf("A run has %d pending %s; at most 500 are advised", most, what), Evidence: map[string]any{"pending": most, "of": what},
					Fix: []Fix{developer("Start them in batches, or in child workflows.", "")}})
			case unread > 0:
				a.both(Unknown, Row{Title: plural(unread, "open workflow") + " could not be described"})
			default:
				a.both(Pass, Row{Title: fmt.Sprintf("At most %d pending of one kind were seen in a run", most), Evidence: map[string]any{"pending": most}})
			}
		}},
}

var payloadRules = []rule{
	{id: "P1", what: "payload size", moves: code,
		rule:   "A payload is at most 2 MB, and all that one workflow task writes at most 4 MB.",
		source: docLimits, wrong: "Only a sample of histories was read; sizes are those of the encoded payload.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			largest, where := n.largest()
			var batch int64
			for _, s := range n.Samples {
				if s.History != nil {
					batch = max(batch, s.History.Batch)
				}
			}
			_, whole := n.everyType(func(Sample) bool { return false })
			toolarge := slices.ContainsFunc(n.Samples, func(s Sample) bool { return s.History != nil && s.History.Read == TooLarge })
			ev := map[string]any{"largest_payload": largest, "in": where, "largest_task": batch}
			fix := []Fix{developer("Keep large data in a store of yours and pass a reference to it, with a payload codec or by hand.", "")}
			switch {
			case largest > largestPayload:
				a.both(Blocker, Row{Title: "A payload of " + size(largest) + " is larger than Temporal Cloud takes", Evidence: ev, Fix: fix})
			case batch > largestBatch:
				a.both(Blocker, Row{Title: "One workflow task wrote " + size(batch) + ", more than Temporal Cloud takes", Evidence: ev, Fix: fix})
			case largest > largestPayload/2:
				a.both(Warning, Row{Title: "A payload of " + size(largest) + " is near the limit", Evidence: ev, Fix: fix})
			case batch > largestBatch/2:
				a.both(Warning, Row{Title: "One workflow task wrote " + size(batch) + ", near the limit", Evidence: ev, Fix: fix})
			case !n.Histories:
				a.unread("Payload sizes", NotAsked)
			case len(n.Samples) == 0:
				a.both(Unknown, Row{Title: "No workflow ran here that retention still keeps, so no payload was seen"})
			case toolarge:
				a.both(Unknown, Row{Title: "A history is larger than Onramp reads, so its payloads are not known", Evidence: ev})
			case !whole:
				a.both(Unknown, Row{Title: "The largest payload that was seen has " + size(largest) + ", in a sample that does not reach every type", Evidence: ev})
			default:
				a.both(Pass, Row{Title: "The largest payload that was seen has " + size(largest), Evidence: ev})
			}
		}},
	{id: "P2", what: "payload encryption", moves: code,
		rule:   "Temporal Cloud stores payloads as they come. Encryption is your codec's, and an automated migration cannot add it on the way.",
		source: docAutomated, wrong: "A codec of your own may name its encoding as it likes.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			of := map[string]int{}
			read := 0
			for _, s := range n.Samples {
				if s.History != nil && s.History.Read == Read {
					read++
					for k, v := range s.History.Encodings {
						of[k] += v
					}
				}
			}
			_, whole := n.everyType(func(Sample) bool { return false })
			encrypted, clear := 0, 0
			for k, v := range of {
				switch {
				case strings.Contains(k, "encrypted"):
					encrypted += v
				case strings.HasPrefix(k, "json/") || strings.HasPrefix(k, "binary/plain") || strings.HasPrefix(k, "binary/protobuf"):
					clear += v
				}
			}
			ev := map[string]any{"encodings": of}
			switch {
			case !n.Histories:
				a.unread("Payload encodings", NotAsked)
			case read == 0 || len(of) == 0:
				a.both(Unknown, Row{Title: "No payload was seen", Evidence: ev})
			case clear > 0 && encrypted > 0:
				a.both(Info, Row{Title: "Some payloads are encrypted and some are not", Evidence: ev})
			case encrypted > 0 && !whole:
				a.both(Unknown, Row{Title: "The payloads that were seen are encrypted, in a sample that does not reach every type", Evidence: ev})
			case encrypted > 0:
				a.both(Pass, Row{Title: "Payloads are encrypted by a codec of yours", Evidence: ev})
			case clear > 0:
				a.both(Warning, Row{Title: "Payloads are not encrypted: Temporal Cloud would store them as they are", Evidence: ev,
					Fix: []Fix{developer("If your rules ask for encryption, add a payload codec in workers and clients before the first workflow starts in Temporal Cloud.", "")}})
			default:
				a.both(Unknown, Row{Title: "The payloads' encodings are not ones that Onramp knows", Evidence: ev})
			}
		}},
	{id: "P3", what: "codec server", moves: config,
		rule:   "A codec server that shows encrypted payloads in the Temporal Cloud UI needs https and CORS for cloud.temporal.io.",
		source: "https://docs.temporal.io/production-deployment/data-encryption", wrong: "No RPC shows whether there is one.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			for _, s := range n.Samples {
				if s.History == nil {
					continue
				}
				for k := range s.History.Encodings {
					if strings.Contains(k, "encrypted") {
						a.both(Info, Row{Title: "Payloads are encrypted: if you have a codec server, the Temporal Cloud UI must reach it",
							Fix: []Fix{platform("Serve it over https, and allow the origin https://cloud.temporal.io.", "")}})
						return
					}
				}
			}
			a.both(Unknown, Row{Title: "Whether there is a codec server cannot be read from a server"})
		}},
	{id: "P4", what: "plain text", moves: code,
		rule:   "Search attributes, workflow IDs and the names of types and task queues are never encrypted.",
		source: docSearch, wrong: "Onramp reads no values: whether they are sensitive is for you to say.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			keys := map[string]bool{}
			for _, at := range n.Attributes {
				keys[at.Name] = true
			}
			for _, s := range n.Samples {
				for _, k := range s.MemoKeys {
					keys["memo: "+k] = true
				}
			}
			if len(keys) == 0 && n.AttributesR != Read {
				a.unread("Which search attributes there are", n.AttributesR)
				return
			}
			if len(keys) == 0 {
				a.both(Pass, Row{Title: "No custom search attribute and no memo was seen"})
				return
			}
			a.both(Info, Row{Title: "See that these and the workflow IDs hold nothing sensitive: " + few(sortedKeys(keys), 5), Evidence: map[string]any{"keys": sortedKeys(keys)}})
		}},
	{id: "P5", what: "length of names", moves: code,
		rule:   "A workflow ID and the name of a type or task queue have at most 1,000 bytes.",
		source: docLimits, wrong: "Only executions that were listed were measured.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			longest, what := 0, ""
			for _, k := range sortedKeys(n.LongestID) {
				if n.LongestID[k] > longest {
					longest, what = n.LongestID[k], k
				}
			}
			ev := map[string]any{"longest_bytes": longest, "of": what}
			switch {
			case longest > longestID:
				a.both(Blocker, Row{Title: fmt.Sprintf("A %s has %d bytes, more than Temporal Cloud takes", what, longest), Evidence: ev, Fix: []Fix{developer("Use shorter names.", "")}})
			case longest > longestID*9/10:
				a.both(Warning, Row{Title: fmt.Sprintf("A %s has %d bytes, near the limit of 1,000", what, longest), Evidence: ev, Fix: []Fix{developer("Use shorter names.", "")}})
			case n.TypesRead != Read:
				a.unread("The length of names", n.TypesRead)
			default:
				a.both(Pass, Row{Title: fmt.Sprintf("The longest name that was listed has %d bytes", longest), Evidence: ev})
			}
		}},
}

// largest is the largest payload of the sampled histories and the type of its event.
func (n *Namespace) largest() (bytes int64, in string) {
	for _, s := range n.Samples {
		if s.History != nil && s.History.Payload > bytes {
			bytes, in = s.History.Payload, s.History.PayloadIn
		}
	}
	return bytes, in
}
