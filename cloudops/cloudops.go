// Package cloudops drives Temporal Cloud's control plane, the Cloud Ops API, with a key that a person gives: over
// go.temporal.io/cloud-sdk it implements what cloud declares. Every change goes one way: the namespace is fetched, its
// spec cloned with what it holds that is not known here, the difference shown, an own operation id kept before the request
// is sent, its end awaited, and the result compared (docs/cloud.md).
package cloudops

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/cloudclient"
	"google.golang.org/grpc"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
)

// DefaultServer is Temporal Cloud's control plane (docs.temporal.io/ops).
const DefaultServer = "saas-api.tmprl.cloud:443"

// Options of a Client.
type Options struct {
	Server   string         // host:port; "" is DefaultServer
	RootsPEM []byte         // roots of the server's certificate; nil is the system's
	Key      certsvc.Secret // stays in memory; forgotten by Close
	Journal  *Journal       // keeps operations before they are sent; nil keeps none
	Dial     func(ctx context.Context, address string) (net.Conn, error)
	Now      func() time.Time
	// Patience bounds the wait for one operation; 0 is ten minutes. Pause is the shortest wait between two looks; 0 is a
	// second.
	Patience, Pause time.Duration
}

// callWithin bounds one call with all its retries.
const callWithin = 40 * time.Second

// Client is the Cloud Ops API with a key. It is safe for concurrent use.
type Client struct {
	o    Options
	conn *cloudclient.Client
	api  cloudservice.CloudServiceClient
	key  *keyReader
}

var (
	_ cloud.Looker   = (*Client)(nil)
	_ cloud.Planner  = (*Client)(nil)
	_ cloud.Applier  = (*Client)(nil)
	_ cloud.KeyMaker = (*Client)(nil)
)

// keyReader gives the key to each call until it is forgotten.
type keyReader struct {
	mu  sync.Mutex
	key []byte
}

func (k *keyReader) GetAPIKey(context.Context) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.key) == 0 {
		return "", errForgotten
	}
	return string(k.key), nil
}

func (k *keyReader) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.key)
	k.key = nil
}

// scrub takes the key out of a text of others.
func (k *keyReader) scrub(s string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.key) == 0 {
		return s
	}
	return strings.ReplaceAll(s, string(k.key), "[redacted]")
}

var errForgotten = fault.New(fault.Denied, "The Cloud Ops API key is no longer in memory", "Give it again.")

// Open returns a Client; nothing is dialled yet. Errors are faults about the input.
func Open(o Options) (*Client, error) {
	if o.Server == "" {
		o.Server = DefaultServer
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Minute
	}
	if o.Pause == 0 {
		o.Pause = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	host, port, err := net.SplitHostPort(o.Server)
	if n, e := strconv.ParseUint(port, 10, 16); err != nil || host == "" || e != nil || n == 0 {
		return nil, at(cloud.AtNetwork, fault.New(fault.Invalid, "The server is not host:port", "Give it without https://, as in "+DefaultServer+".").In("server"))
	}
	key := bytes.TrimSpace(o.Key.Reveal())
	switch {
	case len(key) == 0:
		return nil, at(cloud.AtKey, fault.New(fault.Invalid, "There is no Cloud Ops API key", "Put it into a file and name that with --api-key-path, or set TEMPORAL_CLOUD_API_KEY.").In("api-key-path"))
	case bytes.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, at(cloud.AtKey, fault.New(fault.Invalid, "The Cloud Ops API key holds characters that no key has", "Give the key alone: one line, without the word Bearer and without quotes.").In("api-key-path"))
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(o.RootsPEM) > 0 {
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(o.RootsPEM) {
			return nil, at(cloud.AtNetwork, fault.New(fault.Invalid, "The server roots hold no certificate", "Give a PEM file with the root of the server's certificate, or none for the system's.").In("tls-ca-path"))
		}
	}
	c := &Client{o: o, key: &keyReader{key: bytes.Clone(key)}}
	dial := []grpc.DialOption{grpc.WithDisableServiceConfig(), grpc.WithChainUnaryInterceptor(atOnce)}
	target := o.Server
	if o.Dial != nil {
		target = "passthrough:///" + o.Server
		t.ServerName = host
		dial = append(dial, grpc.WithContextDialer(o.Dial))
	} else if _, err := netip.ParseAddr(host); err == nil {
		target = "passthrough:///" + o.Server // an address is no name to look up
	}
	c.conn, err = cloudclient.New(cloudclient.Options{APIKeyReader: c.key, HostPort: target, TLSConfig: t, UserAgent: "onramp", GRPCDialOptions: dial})
	if err != nil {
		return nil, at(cloud.AtNetwork, fault.Wrap(err, fault.Invalid, "The server cannot be dialled", "Give host:port, as in "+DefaultServer+".").In("server"))
	}
	c.api = c.conn.CloudService()
	return c, nil
}

// Close ends the connection and forgets the key. Each call has left copies of it that nobody uses any more: what of them lies
// in memory that is wholly free goes back to the system at once. A runtime that copies values cannot promise more.
func (c *Client) Close() error {
	c.key.forget()
	err := c.conn.Close()
	debug.FreeOSMemory()
	return err
}

func at(where string, err error) error { return &cloud.Fallen{At: where, Err: err} }
