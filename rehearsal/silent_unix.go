//go:build !lean && unix

package rehearsal

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// silentPort is an address that drops the packets that ask for a connection: its accept queue is full.
func silentPort() (rig, error) {
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return rig{}, err
	}
	var inside []net.Conn
	stop := func() {
		for _, c := range inside {
			_ = c.Close()
		}
		_ = syscall.Close(fd)
	}
	err = errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0))
	var name syscall.Sockaddr
	if err == nil {
		name, err = syscall.Getsockname(fd)
	}
	at, ok := name.(*syscall.SockaddrInet4)
	if err != nil || !ok {
		stop()
		return rig{}, errors.Join(err, errors.New("the port has no address"))
	}
	address := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.Port}).String()
	for range 16 {
		c, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return rig{address: address, stop: stop}, nil
		}
		inside = append(inside, c)
	}
	stop()
	return rig{}, errors.New("the accept queue never filled")
}
