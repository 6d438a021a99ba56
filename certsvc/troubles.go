package certsvc

import (
	"fmt"

	"onramp/fault"
)

// trouble is the text of one fault of the pair stage (faults.md §3.1, §3.2). A %s stands for what the problem is about.
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
	"KP-15/jceks": {"This is a Java key store (JCEKS)", "It packs certificates and a key together under a password, in a form that only Java reads; workers want PEM files.",
		"Convert it: keytool -importkeystore -srckeystore client.jceks -srcstoretype JCEKS -destkeystore client.p12 -deststoretype PKCS12, then openssl pkcs12 -in client.p12 -nodes -out both.pem"},
	"KP-15/bks": {"This is a key store of BouncyCastle (BKS)", "It packs certificates and a key together under a password, in a form that only BouncyCastle reads; workers want PEM files.",
		"Convert it with BouncyCastle's provider at hand: keytool -importkeystore -srckeystore client.bks -srcstoretype BKS -provider org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath bcprov.jar -destkeystore client.p12 -deststoretype PKCS12"},
	"KP-15/empty":     {"The key store %s is empty", "It was opened, and it holds neither a certificate nor a key.", "Choose the key store that holds the client certificate and its key."},
	"KP-26":           {"The text is cut off", "A BEGIN line and its END line do not both stand in it.", "Copy the whole file again, from its BEGIN line to its END line."},
	"KP-27":           {"The certificate is damaged", "What stands between BEGIN and END is not a whole certificate.", "Copy the file again; send it as a file rather than through chat or mail."},
	"KP-27/request":   {"The signing request is damaged", "What stands between BEGIN and END is not a whole request.", "Copy the file again, or make the request again."},
	"KP-27/signature": {"The signing request's own signature is wrong", "It was changed after it was signed, or is not whole.", "Make the request again."},
	"KP-29":           {"This is an SSH or PGP key", "mTLS needs an X.509 certificate and its private key.", "Paste the key that was made together with the client certificate."},
	"KP-33": {"The curve %s cannot be used here", "Temporal Cloud takes P-256 and P-384; workers in Go read P-256, P-384 and P-521 alone.",
		"Make a new key with P-256 or P-384 and a new certificate for it."},
	"KP-33/explicit": {"The %s writes its curve out instead of naming it", "It holds the parameters of the curve (explicit parameters, which RFC 5480 forbids in certificates); Go reads curves by their names alone. Nothing is damaged.",
		"Name the curve: openssl pkey -in client.key -ec_param_enc named_curve -out named.key; a certificate or request has to be made again from that key."},
	"KP-33/agreement": {"An %s key cannot sign", "It only agrees on secrets; TLS asks a client to sign.", "Make a new key with P-256 or P-384 and a new certificate for it."},
	"KP-36":           {"The private key is empty", "There is no text in it.", "Paste client.key, from BEGIN PRIVATE KEY to END PRIVATE KEY."},
	"KP-37":           {"The private key is damaged", "What stands between BEGIN and END is not a whole key.", "Copy the file again. If no good copy is left, make a new key and certificate."},
	"KP-37/go":        {"Go cannot read this private key", "It has the outline of a key, and its numbers do not fit (in Go's words: %s).", "Copy the file again. If openssl pkey -check finds nothing wrong, make a new key and certificate for workers in Go."},
	"KP-39":           {"There is no PEM in this text", "Neither a certificate nor a key was found in it.", "Paste the file's text, from its BEGIN line to its END line."},
	"KP-39/binary":    {"This binary file is no certificate or key that is known here", "It is written as certificates and keys are (ASN.1), and what it holds is damaged or something else.", "Copy the file again, or choose the file that holds the certificate or key."},
	"KP-39/archive":   {"There is no certificate or key in %s", "None of its files holds one.", "Choose the archive or the files that hold the certificate and the key."},
	"KP-39/zip":       {"This is a zip archive, not a certificate or key", "It is packed; a worker and a namespace read the files in it, not the archive.", "Unpack it, and give the file that is meant. onramp cert inspect looks into archives."},
	"KP-41": {"Workers in Go and Temporal Cloud cannot read this certificate", "%s. OpenSSL and Java may read it all the same.",
		"Have its CA issue it again without that. Copying it again helps only if it was changed on its way."},
	"KP-41/request": {"Go cannot read this signing request, so Onramp cannot sign it", "%s. OpenSSL may read it all the same.", "Make the request again: onramp cert csr, or openssl req -new."},
	"KP-42":         {"This is no certificate or key, but %s", "It can be read; a worker and a namespace have no use for it.", "Give the certificate (BEGIN CERTIFICATE) or the private key (BEGIN PRIVATE KEY) in its place."},
	"CH-25/kind": {"%s keys cannot be used here", "Temporal Cloud accepts only RSA and ECDSA keys, and workers in Go read no such key. Nothing is damaged.",
		"Make a new key with ECDSA P-256 or P-384, or an ordinary RSA key, and a new certificate for it."},
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
	"KP-20": "Line breaks were lost and were put back: without them other programs do not read the text. Keep them by using a file with a line break at its end, or $'…' in a shell.",
	"KP-21": "Line breaks were written out as \\n; they were replaced. The program that reads the variable must do so too.",
	"KP-22": "The text was base64 of the PEM (as in a Kubernetes Secret); it was decoded.",
	"KP-23": "The BEGIN and END lines were missing; they were added.",
	"KP-24": "Quotes or other text around the PEM were removed.",
	"KP-25": "An editor had changed the dashes of the BEGIN and END lines; they were put right.",
	"KP-28": "The label was one that only OpenSSL reads; it now reads BEGIN CERTIFICATE.",
	"KP-30": "Certificate and key were taken from the one text that holds both.",
	"KP-38": "This was a PKCS#7 file; its certificates were taken out.",
}
