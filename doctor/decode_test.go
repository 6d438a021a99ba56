package doctor

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pasted are texts as people find them in logs, with the code that each must get.
var pasted = []struct {
	text  string
	code  string
	level Level
}{
	{`failed reaching server: last connection error: connection error: desc = "error reading server preface: remote error: tls: certificate required"`, "CL-01", Likely},
	{`failed reaching server: last connection error: connection error: desc = "error reading server preface: read tcp 10.0.0.7:51000->3.4.5.6:7233: read: connection reset by peer"`, "PR-05", Likely},
	{`failed reaching server: last connection error: connection closed before server preface received`, "CL-11", Likely},
	{`rpc error: code = Unavailable desc = connection closed before server preface received`, "CL-11", Likely},
	{`rpc error: code = PermissionDenied desc = Request unauthorized.`, "NS-02", Likely},
	{`caller has insufficient permissions for namespace 'orders.a1b2c'`, "AK-07", Likely},
	{`failed to list namespaces: Request unauthorized`, "NS-03", Likely},
	{`temporal server health check failed: health check error: Request unauthorized`, "NS-03", Likely},
	{`RuntimeError: Failed client connect: ` + "`get_system_info`" + ` call error after connection: Status { code: Unknown, message: "transport error", source: Some(tonic::transport::Error(Transport, hyper::Error(Io, Custom { kind: InvalidData, error: "received fatal alert: UnknownCA" }))) }`, "CL-03", Certain},
	{`received fatal alert: CertificateExpired`, "CL-04", Likely},
	{`received fatal alert: CertificateRevoked`, "CL-10", Likely},
	{`received fatal alert: BadCertificate`, "CL-05", Likely},
	{`received fatal alert: CertificateUnknown`, "CL-09", Likely},
	{`Status { code: Unauthenticated, message: "Jwt is missing", metadata: {"www-authenticate": "Bearer realm=\"https://us-central1.gcp.api.temporal.io\""} }`, "AK-02", Likely},
	{`Server connection error: tonic::transport::Error(Transport, CertificateParseError)`, "KP-39", Likely},
	{`tonic::transport::Error(Transport, PrivateKeyParseError)`, "KP-32", Likely},
	{`invalid target URL: empty host: ":7233"`, "IN-22", Certain},
	{`ConnectError("dns error", Custom { kind: Uncategorized, error: "failed to lookup address information: Name or service not known" })`, "DN-01", Likely},
	{`failed to lookup address information: Temporary failure in name resolution`, "DN-02", Likely},
	{`InvalidCertificate(UnknownIssuer)`, "SV-01", Likely},
	{`tonic::transport::Error(Transport, NativeCertsNotFound)`, "SV-02", Certain},
	{`Error: Failed to connect before the deadline`, "TC-02", Likely},
	{`invalid peer certificate: NotValidForName`, "SV-04", Certain},
	{`Handshake failed with fatal error SSL_ERROR_SSL: error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED`, "SV-01", Likely},
	{`Status { code: Unknown, message: "transport error", source: Custom { kind: ConnectionReset } }`, "PR-12", Likely},
	{`TransportError: Failed to call GetSystemInfo: Status { code: Cancelled, message: "Timeout expired" }`, "TC-02", Likely},
	{`14 UNAVAILABLE: No connection established`, UnknownCode, Unknown},
	{`transport: authentication handshake failed: tls: first record does not look like a TLS handshake`, "PR-01", Likely},
	{`error reading server preface: EOF`, "PR-04", Likely},
	{`context deadline exceeded`, UnknownCode, Unknown}, // of what: TestOpenReadings
	{`ResourceExhausted: namespace rate limit exceeded`, "SY-04", Certain},
	{`io.grpc.StatusRuntimeException: UNAVAILABLE: io exception Caused by: io.netty.handler.ssl.NotSslRecordException: not an SSL/TLS record`, "PR-01", Likely},
	{`GRPC::Unavailable: 14:DNS resolution failed for service: :`, "IN-22", Certain},
	{`Worker validation failed: Namespace orders.a1b2c was not found or otherwise could not be described: Status { code: NotFound }`, "NS-01", Likely},
	{`java.lang.IllegalArgumentException: File does not contain valid private key: client.key`, "KP-32", Likely},
	{`InvalidArgument desc = invalid ca certificate: 2 errors occurred: * certificate with subject 'CN=a' received is expired as of '2026-01-01'`, "CH-11", Certain},
	{`unable to construct full certificate chain for cert with subject 'CN=mid'`, "CH-07", Certain},
	{`InvalidArgument: invalid region: us-west-2`, "NS-13", Certain},
	{`InvalidArgument: cannot create namespace with provided auth method`, "NS-14", Certain},
	{`invalid value '' for cloud_provider, allowed values: [aws,gcp]`, UnknownCode, Unknown},
	{`tls: failed to verify certificate: x509: certificate signed by unknown authority`, "SV-01", Likely},
	{`x509: certificate has expired or is not yet valid: current time 2026-11-22T10:00:00Z is after 2026-01-01T00:00:00Z`, "SV-08", Likely},
	{`x509: certificate has expired or is not yet valid: current time 2020-11-22T10:00:00Z is before 2026-01-01T00:00:00Z`, "SV-09", Likely},
	{`tls: private key does not match public key`, "KP-06", Certain},
	{`rpc error: code = NotFound desc = Namespace orders.a1b2c is not found.`, "NS-01", Likely},
	{`dial tcp: lookup orders.a1b2c.tmprl.cloud: no such host`, "DN-01", Likely},
	{`dial tcp 3.4.5.6:7233: i/o timeout`, "TC-02", Likely},
	{`dial tcp 127.0.0.1:7233: connect: connection refused`, "IN-10", Likely},
	{`dial tcp 3.4.5.6:7233: connect: connection refused`, "TC-01", Likely},
	{`rpc error: code = Unauthenticated desc = unauthenticated`, "AK-03", Likely},
	{`transport: authentication handshake failed: remote error: tls: handshake failure`, "CL-01", Likely},
	{`remote error: tls: unknown certificate authority`, "CL-03", Certain},
	{`remote error: tls: expired certificate`, "CL-04", Likely},
	{`remote error: tls: bad certificate`, "CL-05", Likely},
	{`remote error: tls: unsupported certificate`, "CL-06", Certain},
	{`remote error: tls: error decrypting message`, "CL-07", Certain},
	{`tls: failed to verify certificate: x509: certificate is valid for *.a2dd6.tmprl.cloud, not vpce-1.us-east-1.vpce.amazonaws.com`, "SV-04", Certain},
	{`invalid target address https://orders.a1b2c.tmprl.cloud:7233, error info: address https://orders.a1b2c.tmprl.cloud:7233:443: too many colons in address`, "IN-01", Certain},
	{`dial tcp: lookup tcp/7233/: unknown port`, "IN-03", Certain},
	{`address orders.a1b2c.tmprl.cloud: missing port in address`, "IN-02", Certain},
	{`rpc error: code = DeadlineExceeded desc = context deadline exceeded while waiting for connections to become ready`, "TC-02", Likely},
	{`tls: failed to find any PEM data in certificate input`, "KP-39", Likely},
	{`tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched`, "KP-02", Likely},
	{`tls: failed to parse private key`, "KP-11", Likely},
	{`open certs/client.pem: no such file or directory`, "KP-35", Certain},
	{`name resolver error: produced zero addresses`, "DN-01", Likely},
	{`rpc error: code = PermissionDenied desc = unexpected HTTP status code received from server: 403 (Forbidden); transport: received unexpected content-type "text/html"`, "H2-03", Certain},
	{`Unknown: unexpected HTTP status code received from server: 302 (Found)`, "H2-07", Certain},
	{`failed to do connect handshake, response: "HTTP/1.1 407 Proxy Authentication Required\r\n"`, "PX-02", Certain},
	{`credentials: cannot check peer: missing selected ALPN property`, "PR-06", Certain},
	{`error reading server preface: write tcp 10.0.0.7:1->3.4.5.6:7233: write: broken pipe`, "CL-13", Likely},
	{`unable to find workflow type: MoneyTransfer. Supported types: [Other]`, "WF-01", Certain},
	{`unable to find activityType=withdraw. Supported types: []`, "WF-02", Certain},
	{`[TMPRL1100] nondeterministic workflow: history event is ActivityTaskScheduled`, "WF-03", Certain},
	{`TypeError: MoneyTransfer.run() missing 1 required positional argument: 'payment_details'`, "WF-13", Likely},
	{`upstream connect error or disconnect/reset before headers. reset reason: connection termination`, "SY-02", Certain},
	{`grpc: received message larger than max (5242885 vs. 4194304)`, "SY-05", Certain},
	{`rpc error: code = DeadlineExceeded desc = stream terminated by RST_STREAM with error code: CANCEL`, UnknownCode, Unknown},
	{`Namespace default is not found.`, "NS-11", Certain},
	{`read udp 127.0.0.1:5->127.0.0.11:53: read: connection refused`, "DN-07", Certain},
	{`tls: unsupported certificate curve (P-224)`, "KP-33", Certain},
	{`Hello, is anybody there?`, UnknownCode, Unknown},
	{``, UnknownCode, Unknown},
}

func TestDecode(t *testing.T) {
	for _, c := range pasted {
		d := Decode(c.text)
		if d.Code != c.code || d.Level != c.level {
			t.Errorf("%q: got %s %s, want %s %s", c.text, d.Code, d.Level, c.code, c.level)
		}
		if d.Title == "" || d.Cause == "" || len(d.Fix) == 0 || d.Candidates == nil || d.Schema != DecodeSchema {
			t.Errorf("%q: not whole: %+v", c.text, d)
		}
	}
	known := 0
	for _, c := range pasted {
		if c.code != UnknownCode {
			known++
		}
	}
	if known < 66 {
		t.Errorf("only %d texts are known", known)
	}
}

// Readings speak of clues that are looked for and of codes that exist, every clue is read, and no phrase is a text that
// anything could print.
func TestDecodersTables(t *testing.T) {
	given := map[string]bool{"before connecting": true, "IPv6 without brackets": true, "proxy's port": true, toCloud: true, toHere: true, toAlias: true, toPrivate: true,
		toStranger: true, toOther: true, "to a stranger alone": true, "http:other": true}
	for _, n := range alertWords {
		given[alertClue(n)] = true
	}
	for _, n := range []string{"401", "403", "404", "407", "429", "502", "503", "504"} {
		given["http:"+n] = true
	}
	for _, what := range []string{"tls", "http1", "http2", "other"} {
		given["answered:"+what] = true
	}
	dull := readError("2026-11-28T10:00:00Z INFO worker started, namespace orders.a1b2c, task queue orders, all is well. The connection to orders.a1b2c.tmprl.cloud:7233 is open; certificate expires in 30 days.").low
	for _, table := range allClues {
		for _, c := range table {
			given[c.gives] = true
			for _, p := range c.says {
				if string(p) != strings.ToLower(string(p)) || len(p) < 5 && !strings.HasPrefix(string(p), ".") {
					t.Errorf("%s: the phrase %q cannot be found, or is too short to say anything", c.gives, p)
				}
				if _, _, ok := p.find(dull); ok {
					t.Errorf("%s: %q is in a log where nothing is wrong", c.gives, p)
				}
			}
		}
	}
	read := map[string]bool{}
	for _, table := range readings {
		for _, r := range table {
			for _, need := range r.needs {
				for one := range strings.SplitSeq(strings.TrimPrefix(need, "!"), "|") {
					if read[one] = true; !given[one] {
						t.Errorf("a reading of %s needs %q, which nothing gives", r.code, one)
					}
				}
			}
			for _, code := range append([]string{r.code}, r.also...) {
				if _, ok := Lookup(code); !ok && code != UnknownCode {
					t.Errorf("a reading names %s, which is not in the catalogue", code)
				}
			}
			if r.code == UnknownCode != (r.level == Unknown) {
				t.Errorf("a reading of %s has level %s", r.code, r.level)
			}
		}
	}
	for _, r := range openReadings {
		for _, need := range r.needs {
			if read[need] = true; !given[need] {
				t.Errorf("an open reading needs %q, which nothing gives", need)
			}
		}
		for _, code := range r.also {
			if _, ok := Lookup(code); !ok {
				t.Errorf("an open reading names %s, which is not in the catalogue", code)
			}
		}
	}
	for _, table := range allClues[1:] {
		for _, c := range table {
			if !read[c.gives] {
				t.Errorf("nothing reads the clue %q", c.gives)
			}
		}
	}
}

// No sentence or command of the decoder has an address, a namespace or another value that was not in the text.
func TestDecodeMakesNothingUp(t *testing.T) {
	for _, table := range readings {
		for _, r := range table {
			e := &evidence{text: readError("x"), clues: map[string]hit{byPython: {}}, facts: facts{values: map[string]string{}}}
			if r.code == UnknownCode {
				continue
			}
			d := e.explain(r, r.level, nil, hit{0, 1})
			texts := []string{d.Title, d.Cause, d.NotWrong, d.Confirm}
			for _, f := range d.Fix {
				texts = append(texts, f.Text, f.Command)
				if standIn.MatchString(f.Command) {
					t.Errorf("%s: the command %q has to be filled in", r.code, f.Command)
				}
			}
			for _, c := range d.Candidates {
				texts = append(texts, c.Why)
			}
			for _, s := range texts {
				if strings.Contains(s, "<namespace>") || strings.Contains(s, "<account>.tmprl") || regexp.MustCompile(`\{[a-z_]+\}`).MatchString(s) {
					t.Errorf("%s: %q", r.code, s)
				}
			}
			entry, _ := Lookup(r.code)
			if entry.Group == "WK" || entry.Group == "WF" {
				for _, s := range texts {
					if strings.Contains(s, "onramp check") {
						t.Errorf("%s is no fault of the connection, and advises %q", r.code, s)
					}
				}
			}
		}
	}
}

// Nobody opens a firewall to the machine that the program runs on.
func TestNoNetworkTeamForThisMachine(t *testing.T) {
	for _, address := range []string{"localhost:7233", "127.0.0.1:7233", "[::1]:7233", "0.0.0.0:7233"} {
		for _, text := range []string{
			"failed reaching server " + address + ": context deadline exceeded", "dial tcp " + address + ": i/o timeout", "dial tcp " + address + ": connect: connection refused",
			"read tcp " + address + "->" + address + ": read: connection reset by peer",
		} {
			d := Decode(text)
			if d.Code == UnknownCode || len(d.Fix) == 0 {
				t.Errorf("%q: %s, %d fixes", text, d.Code, len(d.Fix))
			}
			for _, f := range d.Fix {
				if f.Who == "network" {
					t.Errorf("%q: %s asks the network team: %s", text, d.Code, f.Text)
				}
			}
		}
	}
}

// TestDecodedCommandsAreWhole: a command of tcld or temporal names the namespace and the server that it is about: the
// text's, or a word that says whose they are; without them it would ask a server on this machine.
func TestDecodedCommandsAreWhole(t *testing.T) {
	whole := func(code, command string) {
		tool, _, _ := strings.Cut(command, " ")
		if regexp.MustCompile(`^tcld namespace (?:list|create)|^tcld apikey|^temporal server start-dev`).MatchString(command) {
			return
		}
		if (tool == "tcld" || tool == "temporal") && !strings.Contains(command, "--namespace ") || tool == "temporal" && !strings.Contains(command, "--address ") && strings.Contains(command, " --namespace your-") {
			t.Errorf("%s: %q", code, command)
		}
	}
	for _, table := range readings {
		for _, r := range table {
			if r.code == UnknownCode {
				continue
			}
			for _, said := range []map[string]string{{}, {"namespace": "orders.a1b2c"}} {
				e := &evidence{text: readError("x"), clues: map[string]hit{}, facts: facts{values: said}}
				d := e.explain(r, r.level, nil, hit{0, 1})
				whole(r.code, d.Confirm)
				for _, f := range d.Fix {
					whole(r.code, f.Command)
					if strings.Contains(f.Command, "your-namespace.a1b2c ") && !strings.Contains(f.Text, "Instead of your-namespace.a1b2c give your Namespace ID.") {
						t.Errorf("%s does not say what to put in place of its stand-in: %q", r.code, f.Text)
					}
				}
			}
		}
	}
	d := Decode("remote error: tls: unknown certificate authority")
	if want := "tcld namespace accepted-client-ca add --namespace your-namespace.a1b2c --ca-certificate-file ca.pem"; len(d.Fix) == 0 || d.Fix[0].Command != want {
		t.Errorf("the first fix is %v, want %s", d.Fix, want)
	}
}

func TestDecodeFillsValues(t *testing.T) {
	d := Decode("rpc error: code = NotFound desc = Namespace orders.a1b2c is not found. (orders.a1b2c.tmprl.cloud:7233)")
	if !strings.Contains(d.Cause, "orders.a1b2c") || !strings.Contains(d.Confirm, "--address orders.a1b2c.tmprl.cloud:7233") {
		t.Errorf("values are missing: %q, %q", d.Cause, d.Confirm)
	}
}

func TestDecodeMasksSecrets(t *testing.T) {
	for _, secret := range []string{
		"-----BEGIN EC PRIVATE KEY-----\ncanary\n-----END EC PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\ncanary", "eyJhbGciOi.eyJjYW5hcnki.canary",
		"Authorization: Bearer canary", "authorization=Basic canary", "TEMPORAL_API_KEY=canary", `"api_key": "canary"`, "--api-key canary", "http://user:canary@proxy:3128", "password: canary",
	} {
		d := Decode("before " + secret + " remote error: tls: bad certificate")
		if !d.Masked {
			t.Errorf("%q: nobody is told of the secret", secret)
		}
		out, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "canary") {
			t.Errorf("%q is shown: %s", secret, out)
		}
	}
}

func TestDecodeNoSecret(t *testing.T) {
	d := Decode("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\nremote error: tls: bad certificate")
	if d.Masked || strings.Contains(d.Text, "MIIB") || d.Code != "CL-05" {
		t.Errorf("a certificate is no secret, and too long to show: %+v", d)
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range pasted {
		f.Add(c.text)
	}
	f.Add("\x1b[31m\x00\xff" + strings.Repeat("A", 70<<10))
	f.Fuzz(func(t *testing.T, s string) {
		d := Decode(s)
		if (d.Code == UnknownCode) != (d.Level == Unknown) {
			t.Fatalf("%q: %s %s", s, d.Code, d.Level)
		}
		if d.Code != UnknownCode && d.Matched == "" {
			t.Fatalf("%q: %s without what was recognised", s, d.Code)
		}
		if strings.ContainsAny(d.Text+d.Cause+d.Title+d.Matched, "\x1b\x00\n") {
			t.Fatalf("%q is shown raw", s)
		}
	})
}

// TestOpenReadings: words of a wait that took too long. Where the text tells that no connection was made, the likeliest cause
// is named, but not as if it had been seen; where it does not, no cause is, and the candidates are in their order.
func TestOpenReadings(t *testing.T) {
	for _, tt := range []struct {
		text, code, title string
		first             []string // of the candidates
	}{
		{"context deadline exceeded", UnknownCode, "The program gave up waiting, and the text does not say for what", []string{"TC-02", "PR-04"}},
		{"error: rpc error: code = DeadlineExceeded desc = context deadline exceeded", UnknownCode, "The program gave up waiting, and the text does not say for what", []string{"TC-02", "PR-04"}},
		{"temporalio.service.RPCError: Timeout expired", UnknownCode, "The program gave up waiting, and the text does not say for what", []string{"TC-02"}},
		{"Error: 4 DEADLINE_EXCEEDED: Deadline exceeded", UnknownCode, "The program gave up waiting, and the text does not say for what", []string{"TC-02"}},
		{"failed to query workflow: QueryWorkflow: context deadline exceeded", UnknownCode, "The call got no answer in time", []string{"TQ-01", "WF-12", "SY-03"}},
		{"Workflow Update failed: Timeout expired (WorkflowUpdateRPCTimeoutOrCancelledError)", UnknownCode, "The call got no answer in time", []string{"TQ-01", "WF-12", "SY-03"}},
		{"context deadline exceeded while waiting for connections to become ready", "TC-02", "No connection was made in time", []string{"PR-04"}},
		{"Failed to connect before the deadline", "TC-02", "No connection was made in time", []string{"PR-04"}},
		{"failed reaching server: context deadline exceeded", "TC-02", "No connection was made in time", []string{"PR-04"}},
		{"dial tcp 3.4.5.6:7233: i/o timeout", "TC-02", "Packets to port 7233 are dropped", []string{"TC-05"}},
		{"proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused", "PX-01", "The proxy cannot be reached", []string{"PX-07"}},
		{"failed reaching server: localhost:7233: context deadline exceeded", "IN-10", "Still pointing at the local server", nil},
	} {
		d := Decode(tt.text)
		var codes []string
		for _, c := range d.Candidates {
			codes = append(codes, c.Code)
		}
		if d.Code != tt.code || d.Title != tt.title || len(codes) < len(tt.first) || !slices.Equal(codes[:len(tt.first)], tt.first) {
			t.Errorf("%q: %s %q, candidates %v", tt.text, d.Code, d.Title, codes)
		}
		if d.Level == Certain || (d.Code == UnknownCode) != (d.Level == Unknown) || d.Matched == "" {
			t.Errorf("%q: %s, %s, matched %q", tt.text, d.Code, d.Level, d.Matched)
		}
	}
}
