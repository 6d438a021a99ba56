package doctor

// yardsticks say for each fault which words of another tool's output count as naming its cause. They
// are generous: the raw words of a library count where a reader who knows TLS could act on them. An
// empty one means that nothing the tool can print tells this fault from others.
var yardsticks = map[string]string{
	"IN-05": `invalid port|unknown port`, "IN-08": ``, "IN-09": ``, "IN-11": `account`, "IN-12": ``, "IN-15": `non-ascii|invalid character|not allowed`,
	"IN-18": `server name`, "IN-22": `empty host|missing address`, "IN-26": `placeholder|invalid`,
	"KP-01": `failed to find any PEM data in certificate|Could not (read|find) .*certificate`, "KP-36": `failed to find any PEM data in key|Could not (read|find) .*key`,
	"KP-03": `found a certificate rather than a key`, "KP-06": `does not match public key|key values mismatch`, "KP-07": `key type does not match|key type mismatch`,
	"KP-08": ``, "KP-26": ``, "KP-39": `failed to find any PEM data in certificate|Could not (read|find) .*certificate`, "IN-17": ``,
	"CH-01": `unknown certificate authority|unknown ca`, "CH-02": `verification failure`, "CH-06": `unable to get (local )?issuer`, "CH-09": `expired`, "CH-10": `not yet valid`,
	"CH-11": `expired`, "CH-13": `md too weak|insecure algorithm`, "CH-14": `key too small`, "CH-15": `key usage|unsupported certificate purpose|unsupported certificate`,
	"CH-16": `key usage|unsupported certificate`, "CH-25": ``, "CH-26": `filter`,
	"TC-01": `connection refused|errno=111`, "TC-02": `i/o timeout|errno=110|timed out`, "TC-05": `handshake.*timeout|timeout.*handshake`, "TC-10": `reset by peer|errno=104|unexpected eof`, "TC-06": `connection reset|errno=104`,
	"PX-01": `proxy`, "PX-02": `407 Proxy`, "PX-03": `403 Forb`, "PX-04": `50[24] [BG]`, "PX-05": `405 Meth|connect handshake|HTTP response`, "PX-06": `proxy.*timeout|CONNECT.*timeout`, "PX-07": `proxy`,
	"PX-08": `inspect|Corp CA`, "PX-09": `inspect`, "PX-11": `proxy`,
	"SV-01": ``, "SV-04": `valid for .*not|hostname mismatch|not valid for`, "SV-05": `ingress`, "SV-06": `IP SAN|valid for .*not|hostname mismatch|IP address mismatch|not valid for`, "SV-07": `legacy Common Name`,
	"SV-08": `expired`, "SV-09": `not yet valid`, "SV-11": `unable to (verify the first|get local issuer) certificate|not trusted`, "SV-13": `unknown authority|unable to get local issuer|unable to verify the first|not trusted. Configure its CA`,
	"SV-14": `incompatible key usage|unsupported certificate purpose|unsuitable certificate purpose`, "SV-15": `adding server CA|failed to (append|parse)|no certificate|Could not`,
	"PR-01": `not look like a TLS|wrong version number|does not appear to use TLS`, "PR-02": `HTTP/|http request|not look like a TLS.*HTTP`, "PR-03": `SSH|SMTP|postgres`, "PR-06": `ALPN`, "PR-07": `no application protocol`,
	"PR-08": `protocol version`, "PR-10": `handshake failure`, "PR-11": `EOF`, "PR-12": `reset by peer|errno=104`, "PR-13": `internal error`, "PR-14": `unrecognized name`, "PR-15": `handshake.*timeout`,
	"CL-01": `certificate required|handshake failure.*certificate|requires client certificates`, "CL-03": `unknown certificate authority|unknown ca|alert number 48`, "CL-04": `expired`, "CL-05": `bad certificate|rejected the client certificate`,
	"CL-06": `unsupported certificate`, "CL-07": `decrypt`, "CL-08": `access denied`, "CL-09": `certificate unknown|unknown certificate|rejected the client certificate`, "CL-10": `revoked`,
	"CL-11": `preface.*EOF|unexpected eof`, "CL-12": `reset by peer|errno=104`, "AK-01": `certificate required|requires client certificates`,
	"H2-01": `preface`, "H2-02": `\b404 \(`, "H2-03": `HTTP status.*403`, "H2-04": `HTTP status.*401`, "H2-05": `429 \(`, "H2-06": `503 \(`, "H2-07": `302 \(`, "H2-10": `RST_STREAM`, "H2-12": `header list size`,
	"SY-01": `unknown service`, "SY-02": `upstream connect error`, "SY-03": ``, "SY-04": `rate limit`, "SY-05": `larger than max`, "SY-06": `larger than max`, "SY-07": `busy`, "SY-08": `shard status`,
	"NS-01": `not found`, "NS-02": ``, "NS-04": `namespace not set|not set on request|namespace.*required`, "NS-05": `length exceeds`, "NS-06": `invalid state|Deleted`, "NS-07": `active in cluster`, "NS-11": `default is not found|namespace default`,
	"AK-02": `Jwt is missing`, "AK-06": `CLOUD_API_KEY`, "AK-03": `unauthenticated|unauthorized|expired`, "AK-04": `non-printable|invalid header`, "AK-07": `unauthorized|permission`,
	"IN-06": `too many colons`, "IN-13": ``, "IN-14": ``, "IN-16": `private key; PEM inputs`, "IN-23": ``, "IN-24": ``,
	"KP-04": `CERTIFICATE REQUEST`, "KP-05": `PUBLIC KEY`, "KP-10": ``, "KP-11": `encrypted|pass ?(word|phrase)`, "KP-12": `encrypted|pass ?(word|phrase)|bad decrypt`, "KP-15": `pkcs12|password`,
	"KP-27": `malformed|asn1`, "KP-29": `SSH`, "KP-33": `curve`, "KP-37": `failed to parse private key|Could not (read|find) .*key`, "KP-40": ``,
	"CH-19": `version`, "CH-20": `self[- ]signed`, "CH-21": `self[- ]signed`, "CL-14": `cancel`,
	"H2-08": `too_many_pings|ENHANCE_YOUR_CALM`, "H2-11": `EOF|reset by peer`, "SY-09": `draining|goaway|graceful`,
	"TQ-01": `no pollers|no workers`, "TQ-02": `did you mean`, "TQ-04": `last.?access|LastAccessTime`, "TQ-05": `no activity`, "TQ-06": ``, "TQ-07": `local`, "TQ-03": ``,
}
