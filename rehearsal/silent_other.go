//go:build !lean && !unix

package rehearsal

import "errors"

// silentPort cannot be made here: a full queue refuses instead of staying silent.
func silentPort() (rig, error) {
	return rig{}, errors.New("this system answers for a port whose queue is full")
}
