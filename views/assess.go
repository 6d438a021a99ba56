package views

// AssessProps asks for an assessment of the server that the application runs on today.
// Form: POST /m/{m}/assess (multipart), fields address, namespaces, tls, server_name, ca_pem, ca_file, cert_pem, cert_file,
// key_pem, key_file, api_key, histories, rate, budget. Test ids: assess-address, start-assessment.
type AssessProps struct {
	Migration                                                                string
	Address, Namespaces, ServerName, CertPEM, CAPEM, Histories, Rate, Budget string
	TLS                                                                      []Choice
	History                                                                  []RunRow
	Problems                                                                 Problems
	Twin                                                                     CodeBlockProps
}
