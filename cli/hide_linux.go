package cli

import (
	"errors"
	"syscall"
)

// hideMemory keeps the memory of this process out of core dumps and away from other processes of the same user.
func hideMemory() error {
	var errs []error
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		errs = append(errs, err)
	}
	if _, _, code := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0); code != 0 {
		errs = append(errs, code)
	}
	return errors.Join(errs...)
}

// thisProgram is the file of this program, also after another was put in its place.
func thisProgram() (string, error) { return "/proc/self/exe", nil }
