package custody

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"sync"
)

// Agents open each kept key in a process of its own, which ends when the key is locked: the system takes its memory back,
// whatever copies the key had there. They are safe for concurrent use.
type Agents struct {
	Program string   // that calls ServeKey on its stdin and stdout
	Args    []string // with its name first
	Env     []string // of the process
	Most    int      // open at once; 0 for 48, some 30 MB each

	slots sync.Mutex
	open  int
}

// agent is one such process and its key. A call and its answer are one after the other.
type agent struct {
	process *os.Process
	public  crypto.PublicKey
	free    func()

	calls sync.Mutex
	to    *os.File
	from  *os.File

	mu     sync.Mutex
	lent   int
	closed bool
}

// Answers of the process.
const (
	agentOpen  = 'o'
	agentWrong = 'w'
	agentBad   = 'b'
)

// maxFrame bounds a message between the two, in bytes.
const maxFrame = 1 << 20

func writeFrame(w io.Writer, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(n))
	for _, p := range append([][]byte{head}, parts...) {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

func readFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > maxFrame {
		return nil, errors.New("custody: a message of a wrong length")
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}

// Open starts a process and opens the key there.
func (a *Agents) Open(ctx context.Context, box []byte, passphrase string) (ApartKey, error) {
	most := a.Most
	if most <= 0 {
		most = 48
	}
	a.slots.Lock()
	if a.open >= most {
		a.slots.Unlock()
		return nil, ErrFull
	}
	a.open++
	a.slots.Unlock()
	free := sync.OnceFunc(func() {
		a.slots.Lock()
		defer a.slots.Unlock()
		a.open--
	})
	x, err := a.start(free)
	if err != nil {
		free()
		return nil, err
	}
	stop := context.AfterFunc(ctx, x.end) // the one who asked has left
	err = x.unlock(box, passphrase)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		x.end()
		return nil, err
	}
	return x, nil
}

func (a *Agents) start(free func()) (*agent, error) {
	in, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	from, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close(), to.Close())
	}
	process, err := os.StartProcess(a.Program, a.Args, &os.ProcAttr{Env: append([]string{}, a.Env...), Files: []*os.File{in, out, nil}})
	if err = errors.Join(err, in.Close(), out.Close()); err != nil {
		return nil, errors.Join(err, to.Close(), from.Close())
	}
	return &agent{process: process, to: to, from: from, free: free}, nil
}

func (x *agent) unlock(box []byte, passphrase string) error {
	phrase := []byte(passphrase)
	defer clear(phrase)
	if err := errors.Join(writeFrame(x.to, box), writeFrame(x.to, []byte{' '}, phrase)); err != nil {
		return err
	}
	answer, err := readFrame(x.from)
	switch {
	case err != nil:
		return fmt.Errorf("custody: the process of the key ended: %w", err)
	case answer[0] == agentWrong:
		return ErrWrong
	case answer[0] != agentOpen:
		return fmt.Errorf("custody: %.200q", answer[1:])
	}
	x.public, err = x509.ParsePKIXPublicKey(answer[1:])
	return err
}

// Lend is the key for one piece of work.
func (x *agent) Lend() (crypto.Signer, func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lent++
	return x, sync.OnceFunc(func() {
		x.mu.Lock()
		x.lent--
		over := x.closed && x.lent == 0
		x.mu.Unlock()
		if over {
			x.end()
		}
	})
}

// Close ends the process, after the work that goes on.
func (x *agent) Close() {
	x.mu.Lock()
	x.closed = true
	over := x.lent == 0
	x.mu.Unlock()
	if over {
		x.end()
	}
}

// end ends the process at once. It may be called twice.
func (x *agent) end() {
	_ = x.process.Kill() // it may have ended
	_, _ = x.process.Wait()
	_ = x.to.Close()
	_ = x.from.Close()
	x.free()
}

// Public is the public key.
func (x *agent) Public() crypto.PublicKey { return x.public }

// Sign has the process sign.
func (x *agent) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if _, pss := opts.(*rsa.PSSOptions); pss {
		return nil, errors.New("custody: a kept key makes no PSS signature")
	}
	x.calls.Lock()
	defer x.calls.Unlock()
	if err := writeFrame(x.to, []byte{byte(opts.HashFunc())}, digest); err != nil {
		return nil, err
	}
	answer, err := readFrame(x.from)
	if err == nil && answer[0] != agentOpen {
		err = fmt.Errorf("custody: the key did not sign: %.200q", answer[1:])
	}
	if err != nil {
		return nil, err
	}
	return slices.Clone(answer[1:]), nil
}

// ServeKey is the other side: it reads a box and its passphrase, and signs until in ends. What it returns is for the
// process's exit code alone.
func ServeKey(in io.Reader, out io.Writer) error {
	box, err := readFrame(in)
	if err != nil {
		return err
	}
	phrase, err := readFrame(in)
	if err != nil {
		return err
	}
	key, err := openBox(box, string(phrase[1:]))
	clear(phrase)
	debug.FreeOSMemory() // what the passphrase's derivation took
	if err != nil {
		kind := byte(agentBad)
		if errors.Is(err, ErrWrong) {
			kind = agentWrong
		}
		return errors.Join(err, writeFrame(out, []byte{kind}, []byte(err.Error())))
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := writeFrame(out, []byte{agentOpen}, public); err != nil {
		return err
	}
	for {
		asked, err := readFrame(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		signature, err := key.Sign(rand.Reader, asked[1:], crypto.Hash(asked[0]))
		if err == nil {
			err = writeFrame(out, []byte{agentOpen}, signature)
		} else {
			err = writeFrame(out, []byte{agentBad}, []byte(err.Error()))
		}
		if err != nil {
			return err
		}
	}
}

func openBox(box []byte, passphrase string) (crypto.Signer, error) {
	text, err := unseal(box, passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the box holds no PEM")
	}
	defer clear(block.Bytes)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the box holds no PKCS#8 key")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key in the box does not sign")
	}
	return signer, nil
}
