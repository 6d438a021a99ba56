package certsvc

import (
	"fmt"

	"onramp/fault"
)

// trouble is the text of one fault of the pair stage. A %s stands for what the problem is about.
type trouble struct{ title, cause, fix string }

// MaxPaste is the most bytes that are read from one field or file.
const MaxPaste = 1 << 20

var troubles = map[string]trouble{
	"IN-16/key": {"A private key is in the field for a certificate", "Private keys stay with the worker; Temporal Cloud only ever receives certificates.",
		"Paste the certificate. If this key belongs to a CA that was already uploaded somewhere, replace that CA now."},
	"IN-16/api": {"This is an API key, not a certificate or private key", "It has the three parts of a token, separated by dots.",
		"Paste the PEM text, from its BEGIN line to its END line. An API key belongs in TEMPORAL_API_KEY."},
	"CH-25/rsa": {"The RSA key is too long to use", fmt.Sprintf("It has more than %d bits; working with it would take minutes.", maxRSABits),
		"Make a new key with ECDSA P-384 or RSA-4096, and a new certificate for it."},
	"IN-17": {"This is a path, not the file", "The text is the name of a file, not its content.", "Open the file and paste its content, or choose the file."},
	"KP-01": {"The certificate is empty", "There is no text in it.", "Paste client.pem, from BEGIN CERTIFICATE to END CERTIFICATE."},
	"KP-03": {"A certificate is in the field for the private key", "The text contains a certificate but no key.", "Paste client.key, from BEGIN PRIVATE KEY to END PRIVATE KEY."},
	"KP-04": {"This is a signing request, not a certificate", "A request (CSR) asks a CA for a certificate; the certificate is what comes back.",
		"Have the CA sign it and paste the certificate that comes back."},
	"KP-05": {"This is a public key", "A public key can be given away; the private key proves who the worker is.", "Paste the private key: its first line reads BEGIN PRIVATE KEY."},
	"KP-11": {"The private key has a passphrase", "Workers and SDKs cannot ask for a passphrase.", "Remove the passphrase: openssl pkey -in client.key -out client.plain.key"},
	"KP-12": {"The private key has a passphrase", "It is encrypted in OpenSSL's old form (Proc-Type: 4,ENCRYPTED).", "Remove the passphrase: openssl pkey -in client.key -out client.plain.key"},
	"KP-15": {"This is a key store file (PKCS#12)", "It holds certificates and a key together, protected by a password; workers need PEM files.",
		"Unpack it: openssl pkcs12 -in client.p12 -nodes -out both.pem"},
	"KP-15/jks": {"This is a Java key store", "It holds certificates and a key together, protected by a password; workers need PEM files.",
		"Convert it: keytool -importkeystore -srckeystore client.jks -destkeystore client.p12 -deststoretype PKCS12, then openssl pkcs12 -in client.p12 -nodes -out both.pem"},
	"KP-15/jceks": {"This is a Java key store (JCEKS)", "It holds certificates and a key together, protected by a password, in a format that only Java reads; workers need PEM files.",
		"Convert it: keytool -importkeystore -srckeystore client.jceks -srcstoretype JCEKS -destkeystore client.p12 -deststoretype PKCS12, then openssl pkcs12 -in client.p12 -nodes -out both.pem"},
	"KP-15/bks": {"This is a BouncyCastle key store (BKS)", "It holds certificates and a key together, protected by a password, in a format that only BouncyCastle reads; workers need PEM files.",
		"Convert it with BouncyCastle's provider installed: keytool -importkeystore -srckeystore client.bks -srcstoretype BKS -provider org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath bcprov.jar -destkeystore client.p12 -deststoretype PKCS12"},
	"KP-15/empty":     {"The key store %s is empty", "It could be opened, but it contains neither a certificate nor a key.", "Choose the key store that holds the client certificate and its key."},
	"KP-26":           {"The text is cut off", "A BEGIN line or its END line is missing.", "Copy the whole file again, from its BEGIN line to its END line."},
	"KP-27":           {"The certificate is damaged", "The text between BEGIN and END is not a complete certificate.", "Copy the file again; send it as a file rather than through chat or mail."},
	"KP-27/request":   {"The signing request is damaged", "The text between BEGIN and END is not a complete request.", "Copy the file again, or make the request again."},
	"KP-27/signature": {"The signing request's own signature is wrong", "It was changed after it was signed, or is incomplete.", "Make the request again."},
	"KP-29":           {"This is an SSH or PGP key", "mTLS needs an X.509 certificate and its private key.", "Paste the key that was created with the client certificate."},
	"KP-33": {"The curve %s cannot be used here", "Temporal Cloud accepts P-256 and P-384; Go workers read only P-256, P-384 and P-521.",
		"Make a new key with P-256 or P-384 and a new certificate for it."},
	"KP-33/explicit": {"The %s spells out its curve instead of naming it", "It holds the parameters of the curve (explicit parameters, which RFC 5480 forbids in certificates); Go reads only named curves. Nothing is damaged.",
		"Name the curve: openssl pkey -in client.key -ec_param_enc named_curve -out named.key; a certificate or request has to be made again from that key."},
	"KP-33/agreement": {"An %s key cannot sign", "It is for key agreement only; in TLS the client has to sign.", "Make a new key with P-256 or P-384 and a new certificate for it."},
	"KP-36":           {"The private key is empty", "There is no text in it.", "Paste client.key, from BEGIN PRIVATE KEY to END PRIVATE KEY."},
	"KP-37":           {"The private key is damaged", "The text between BEGIN and END is not a complete key.", "Copy the file again. If no good copy is left, make a new key and certificate."},
	"KP-37/go":        {"Go cannot read this private key", "It is structured like a key, but its numbers do not match (Go says: %s).", "Copy the file again. If openssl pkey -check finds nothing wrong, make a new key and certificate for Go workers."},
	"KP-39":           {"There is no PEM data in this text", "Neither a certificate nor a key was found in it.", "Paste the file's text, from its BEGIN line to its END line."},
	"KP-39/binary":    {"This binary file is not a certificate or key that Onramp knows", "It is ASN.1, as certificates and keys are, but it is damaged or holds something else.", "Copy the file again, or choose the file that holds the certificate or key."},
	"KP-39/archive":   {"There is no certificate or key in %s", "None of its files holds one.", "Choose the archive or the files that hold the certificate and the key."},
	"KP-39/zip":       {"This is a zip archive, not a certificate or key", "Workers and namespaces need the files in it, not the archive.", "Unpack it and use the file you need. onramp cert inspect looks into archives."},
	"KP-41": {"Workers in Go and Temporal Cloud cannot read this certificate", "%s. OpenSSL and Java may still read it.",
		"Have its CA issue it again without that. Copying it again helps only if it was changed in transit."},
	"KP-41/request": {"Go cannot read this signing request, so Onramp cannot sign it", "%s. OpenSSL may still read it.", "Make the request again: onramp cert csr, or openssl req -new."},
	"KP-42":         {"This is %s, not a certificate or key", "It can be read, but neither a worker nor a namespace can use it.", "Use the certificate (BEGIN CERTIFICATE) or the private key (BEGIN PRIVATE KEY) instead."},
	"CH-25/unnamed": {"Keys of this kind cannot be used here", "Onramp knows no name for it (object identifier %s). Temporal Cloud accepts only RSA and ECDSA keys. Nothing is damaged.",
		"Make a new key with ECDSA P-256 or P-384, or an ordinary RSA key, and a new certificate for it."},
	"CH-25/kind": {"%s keys cannot be used here", "Temporal Cloud accepts only RSA and ECDSA keys, and Go workers cannot read such a key. Nothing is damaged.",
		"Make a new key with ECDSA P-256 or P-384, or an ordinary RSA key, and a new certificate for it."},
}

func tooLarge(n int) *fault.Fault {
	f := fault.New(fault.TooLarge, fmt.Sprintf("This is %d kB; certificates and keys are only a few", n/1000),
		"Choose only the certificate or the key.")
	f.Cause = fmt.Sprintf("Onramp reads at most %d kB.", MaxPaste/1000)
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
	"KP-21": "Line breaks were written as \\n; they were replaced. The program that reads the variable must do the same.",
	"KP-22": "The text was base64 of the PEM (as in a Kubernetes Secret); it was decoded.",
	"KP-23": "The BEGIN and END lines were missing; they were added.",
	"KP-24": "Quotes or other text around the PEM were removed.",
	"KP-25": "An editor had changed the dashes of the BEGIN and END lines; they were corrected.",
	"KP-28": "The label was one that only OpenSSL reads; it now reads BEGIN CERTIFICATE.",
	"KP-30": "The text contained both certificate and key; each was put in its place.",
	"KP-38": "This was a PKCS#7 file; its certificates were extracted.",
}
