package certsvc

import (
	"fmt"

	"onramp/fault"
)

// trouble is the text of one fault of the pair stage (faults.md §3.1, §3.2).
type trouble struct{ title, cause, fix string }

// MaxPaste is the most bytes that are read from one field or file.
const MaxPaste = 1 << 20

var troubles = map[string]trouble{
	"IN-16/key": {"A private key is in the field for a certificate", "Private keys stay with the worker; Temporal Cloud is given certificates only.",
		"Paste the certificate. If this key belongs to a CA that was already uploaded somewhere, replace that CA now."},
	"IN-16/api": {"This is an API key, not a certificate or private key", "It has the three parts of a token.",
		"Paste the PEM text, from its BEGIN line to its END line. An API key belongs in TEMPORAL_API_KEY."},
	"CH-25/rsa": {"The RSA key is longer than any that is in use", fmt.Sprintf("It has more than %d bits; working with it would take minutes.", maxRSABits),
		"Make a new key with ECDSA P-384 or RSA-4096, and a new certificate for it."},
	"IN-17": {"This is a path, not the file", "The text names a file instead of holding its content.", "Open the file and paste its content, or choose the file."},
	"KP-01": {"The certificate is empty", "There is no text in it.", "Paste client.pem, from BEGIN CERTIFICATE to END CERTIFICATE."},
	"KP-03": {"A certificate stands where the private key belongs", "The text holds a certificate and no key.", "Paste client.key, from BEGIN PRIVATE KEY to END PRIVATE KEY."},
	"KP-04": {"This is a signing request, not a certificate", "A request (CSR) is what the CA signs; a certificate is the answer.",
		"Have the CA sign it and paste the certificate that comes back."},
	"KP-05": {"This is a public key", "A public key can be given away; the private key proves who the worker is.", "Paste the private key: its first line reads BEGIN PRIVATE KEY."},
	"KP-11": {"The private key has a passphrase", "Workers and SDKs read keys without asking for one.", "Write it without: openssl pkey -in client.key -out client.plain.key"},
	"KP-12": {"The private key has a passphrase", "It is encrypted in OpenSSL's old form (Proc-Type: 4,ENCRYPTED).", "Write it without: openssl pkey -in client.key -out client.plain.key"},
	"KP-15": {"This is a key store file (PKCS#12)", "It packs certificates and a key together under a password; workers want PEM files.",
		"Unpack it: openssl pkcs12 -in client.p12 -nodes -out both.pem"},
	"KP-15/jks": {"This is a Java key store", "It packs certificates and a key together under a password; workers want PEM files.",
		"Convert it: keytool -importkeystore -srckeystore client.jks -destkeystore client.p12 -deststoretype PKCS12, then openssl pkcs12 -in client.p12 -nodes -out both.pem"},
	"KP-26": {"The text is cut off", "A BEGIN line and its END line do not both stand in it.", "Copy the whole file again, from its BEGIN line to its END line."},
	"KP-27": {"The certificate is damaged", "What stands between BEGIN and END is not a whole certificate.", "Copy the file again; send it as a file rather than through chat or mail."},
	"KP-29": {"This is an SSH or PGP key", "mTLS needs an X.509 certificate and its private key.", "Paste the key that was made together with the client certificate."},
	"KP-33": {"The key's curve cannot be used in TLS", "TLS 1.3 has no signature scheme for it.", "Make a new key with P-256 or P-384 and a new certificate for it."},
	"KP-36": {"The private key is empty", "There is no text in it.", "Paste client.key, from BEGIN PRIVATE KEY to END PRIVATE KEY."},
	"KP-37": {"The private key is damaged", "What stands between BEGIN and END is not a whole key.", "Copy the file again. If no good copy is left, make a new key and certificate."},
	"KP-39": {"There is no PEM in this text", "Neither a certificate nor a key was found in it.", "Paste the file's text, from its BEGIN line to its END line."},
}

// trouble key "KP-15/jks" stands for code KP-15.
func troubleFault(key string) *fault.Fault {
	t := troubles[key]
	f := fault.New(fault.Invalid, t.title, t.fix)
	f.Code, f.Cause, f.Who = key[:5], t.cause, "developer"
	return f
}

func tooLarge(n int) *fault.Fault {
	f := fault.New(fault.TooLarge, fmt.Sprintf("This has %d kB; certificates and keys have a few", n/1000),
		"Choose the certificate or key alone.")
	f.Cause = fmt.Sprintf("At most %d kB are read.", MaxPaste/1000)
	return f
}

// repairTexts say what was changed and how to keep it from coming back.
var repairTexts = map[string]string{
	"KP-02": "Certificate and key were swapped; they were swapped back.",
	"KP-09": "The chain was upside down; the client certificate now comes first.",
	"KP-13": "The certificate was binary (DER); it was converted to PEM.",
	"KP-14": "The key was binary (DER); it was converted to PEM.",
	"KP-16": "Invisible characters (such as a byte order mark) were removed. Save the file as UTF-8 without BOM, or Go workers cannot read it.",
	"KP-17": "The file was UTF-16 and was converted. In PowerShell write it with Set-Content -Encoding ascii.",
	"KP-18": "The lines ended in carriage returns only; they were converted.",
	"KP-19": "The PEM was indented; the indent was removed. In YAML use a | block.",
	"KP-20": "The line breaks were lost and were put back. Keep them by using a file, or $'…' in a shell.",
	"KP-21": "Line breaks were written out as \\n; they were replaced. The program that reads the variable must do so too.",
	"KP-22": "The text was base64 of the PEM (as in a Kubernetes Secret); it was decoded.",
	"KP-23": "The BEGIN and END lines were missing; they were added.",
	"KP-24": "Quotes or other text around the PEM were removed.",
	"KP-25": "An editor had changed the dashes of the BEGIN and END lines; they were put right.",
	"KP-28": "The label was one that only OpenSSL reads; it now reads BEGIN CERTIFICATE.",
	"KP-30": "Certificate and key were taken from the one text that holds both.",
	"KP-38": "This was a PKCS#7 file; its certificates were taken out.",
}
