//go:build unix

package cli

import (
	"log/syslog"
	"strings"

	"onramp/fault"
)

// putSyslog sends a line to the system's log, facility authpriv.
func putSyslog(line []byte) error {
	out, err := syslog.New(syslog.LOG_NOTICE|syslog.LOG_AUTHPRIV, "onramp")
	if err != nil {
		return err
	}
	defer out.Close()
	return out.Notice(strings.TrimSpace(string(line)))
}

// putSyslogReady is an error where this computer has no log to send to.
func putSyslogReady() error {
	out, err := syslog.New(syslog.LOG_NOTICE|syslog.LOG_AUTHPRIV, "onramp")
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "This computer's syslog does not answer", "Give a file instead.").In("audit-anchor")
	}
	return out.Close()
}
