package migration

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/netip"
	"onramp/cloud"
)

// What each fact hashes (Fact.InputHash), so that a change of an input shows:
//
//	namespace.set           itself: namespace, address, server name
//	certificate.issued      itself: the fingerprints of CA and leaf
//	leaf.issued, leaf.batch itself; no step looks at them
//	ca.uploaded, ca.seen    the namespace and the CA
//	check.passed            the namespace, where it is dialled, and the leaf
//	poller.seen             the namespace
//	transfer.done           as check.passed
//	step.noted              what a fact of that step would hash at the time of the note
//
// So another namespace sends upload, test, code and transfer back; another CA upload, test and
// transfer; another leaf of the same CA test and transfer; and going back to an earlier input finds
// its evidence again.
//
// In a rehearsal the address is a port of this process, another one after each start, and there is
// one cloud behind it: a loopback address counts as "the rehearsal".

// inputs are what facts are about: the present namespace and certificate.
type inputs struct {
	can         cloud.Abilities
	auth        string
	namespace   *NamespaceData
	certificate *CertificateData
}

// hash is the SHA-256 of the parts, hex. Different lists of parts never share their encoding.
func hash(parts ...string) string {
	text, _ := json.Marshal(parts) // strings always marshal
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func namespaceHash(d NamespaceData) string {
	return hash(FactNamespace, d.Namespace, d.Address, d.Server)
}

func certificateHash(d CertificateData) string {
	return hash(FactCertificate, d.CAFingerprint, d.LeafFingerprint)
}

// id is the Namespace ID, "" when none is set.
func (in inputs) id() string {
	if in.namespace == nil {
		return ""
	}
	return in.namespace.Namespace
}

// upload hashes what an upload of the present CA is about.
func (in inputs) upload() string {
	if in.certificate == nil {
		return in.uploadOf("")
	}
	return in.uploadOf(in.certificate.CAFingerprint)
}

// uploadOf hashes the upload of a CA to the present namespace. A leaf whose CA nobody told us is its
// own key, and without a certificate (made outside) any CA is.
func (in inputs) uploadOf(ca string) string {
	switch {
	case in.certificate == nil:
		ca = ""
	case in.certificate.CAFingerprint == "":
		ca = "leaf " + in.certificate.LeafFingerprint
	}
	return hash(StepUpload, in.id(), ca)
}

// check hashes what a check with the present namespace and certificate is about.
func (in inputs) check() string {
	var address, server, leaf string
	if in.namespace != nil {
		address, server = in.namespace.Address, in.namespace.Server
	}
	if in.certificate != nil {
		leaf = in.certificate.LeafFingerprint
	}
	return in.checkOf(in.id(), address, server, leaf)
}

// checkOf hashes what a check of such a target is about.
func (in inputs) checkOf(namespace, address, server, leaf string) string {
	if in.certificate == nil || in.auth == cloud.AuthAPIKey {
		leaf = "" // made outside, or none is needed: any will do
	}
	host, _, err := net.SplitHostPort(address)
	if err == nil && server == host {
		server = ""
	}
	if in.can.OneDoor && loopback(host) {
		address, server = "the rehearsal", ""
	}
	return hash(StepTest, namespace, address, server, leaf)
}

// code hashes what a worker seen polling is about.
func (in inputs) code() string { return hash(StepCode, in.id()) }

// practising marks the hash of what a run of practice is about.
const practising = "practice:"

// Practice is the hash of a run that was made while its migration is broken on purpose: about is what it would be about
// otherwise. It is that of no present inputs, so no step rests on it.
func Practice(about string) string { return practising + about }

// of hashes what a fact of the step would be about now.
func (in inputs) of(step string) string {
	switch step {
	case StepUpload:
		return in.upload()
	case StepTest, StepTransfer:
		return in.check()
	case StepCode:
		return in.code()
	}
	return hash(step)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
