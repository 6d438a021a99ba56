//go:build !unix

package cli

import "onramp/fault"

func putSyslog([]byte) error { return putSyslogReady() }

func putSyslogReady() error {
	return fault.New(fault.Invalid, "This system has no syslog", "Give a file instead.").In("audit-anchor")
}
