package migration

import (
	"testing"
	"time"

	"onramp/cloud"
)

// TestNoAdminWaitsForAMisspeltName: while a check stops before the CA certificate matters, it is the developer's turn.
func TestNoAdminWaitsForAMisspeltName(t *testing.T) {
	m := Migration{ID: "m", Mode: Cloud, Auth: cloud.AuthMTLS}
	at := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	ns := NamespaceData{Namespace: "payments.a1b2c", Address: "payments.a1b2c.tmprl.cloud:7233"}
	cert := CertificateData{CAFingerprint: "ca", LeafFingerprint: "leaf", LeafNotAfter: at.AddDate(1, 0, 0)}
	facts := []Fact{newFact(FactNamespace, namespaceHash(ns), ns), newFact(FactCertificate, certificateHash(cert), cert)}
	for code, want := range map[string]Status{"DN-01": YourTurn, "TC-01": YourTurn, "PX-08": YourTurn, "CL-03": Waiting, "CL-11": Waiting, "NS-02": Waiting, "": Waiting} {
		var runs []Outcome
		if code != "" {
			runs = []Outcome{{ID: "r", Number: 1, Kind: CheckRun, State: RunFailed, Code: code, Title: "No such name", InputHash: present(m, facts).check(), Ended: at}}
		}
		if s := Derive(m, facts, runs, at).Step(StepUpload); s.Status != want || want == Waiting != (s.Who == WhoCloudAdmin) {
			t.Errorf("%q: %s of %s, want %s", code, s.Status, s.Who, want)
		}
	}
}
