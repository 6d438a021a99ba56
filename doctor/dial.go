package doctor

import (
	"context"
	"net"
)

// dial opens one TCP connection, as every connection of a check to the target is opened. Names (a proxy's) are
// resolved as the target's is.
func (r *run) dial(ctx context.Context, address string) (net.Conn, error) {
	if r.o.Dial != nil {
		return r.o.Dial(ctx, "tcp", address)
	}
	if r.o.To != nil {
		c, err := r.o.To(r.addr.String())(ctx, "tcp", address)
		return r.o.Own.Keep(c), err
	}
	d := net.Dialer{Resolver: r.resolver(nil)}
	c, err := d.DialContext(ctx, "tcp", address)
	return r.o.Own.Keep(c), err
}
