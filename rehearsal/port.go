//go:build !lean

package rehearsal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// openKept is openDoor where the port may be left open (0): then it takes the one that it had at its last start, which
// stands in a file, so that what people copied then goes on working. moved says that another program has that one now.
// Without a file ("") it keeps nothing.
func openKept(host, port, file string) (d *door, moved bool, err error) {
	if port != "0" || file == "" {
		d, err = openDoor(host, port)
		return d, false, err
	}
	had, err := readPort(file)
	if err != nil {
		return nil, false, err
	}
	if had != "" {
		if d, err = openDoor(host, had); err == nil {
			return d, false, nil
		}
	}
	if d, err = openDoor(host, "0"); err != nil {
		return nil, false, err
	}
	if err := keepPort(file, d.port()); err != nil {
		return nil, false, errors.Join(err, d.close())
	}
	return d, had != "", nil
}

// readPort is the kept port, "" for none or for what is no port.
func readPort(file string) (string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 16)
	if err != nil || n == 0 {
		return "", nil
	}
	return strconv.FormatUint(n, 10), nil
}

// keepPort writes a port as a whole, for this user only.
func keepPort(file string, port int) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".port-*") // its mode is 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, werr := tmp.WriteString(strconv.Itoa(port) + "\n")
	if err := errors.Join(werr, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
