package views

// CutoverProps is a migration's cut-over: the last look at both sides, and the form for the next.
// Form: POST /m/{m}/cutover (multipart), fields address, namespace, tls, source_server_name, source_ca_pem, source_ca_file,
// source_cert_pem, source_cert_file, source_key_pem, source_key_file, source_api_key, window, silent, rate, budget, queues,
// acknowledged, reviewed, and those of KeySourceProps. Test ids: cutover-address, cutover-look, cutover-stale; of a
// gate that is passed by hand or can be: override-G4, judge-G4 (POST /m/{m}/cutover/gate).
type CutoverProps struct {
	Assessed                                     bool // an assessment of the source has ended
	Migration                                    string
	Address, Namespace, ServerName               string
	CertPEM, CAPEM                               string
	Window, Silent, Rate, Budget, Queues, Agreed string
	Reviewed, Changed                            bool
	TLS                                          []Choice
	Key                                          KeySourceProps
	Needs                                        []NeedProps
	CanLook                                      bool
	Report                                       *CutoverReport // of the last look; nil before the first
	Looked                                       string         // how long ago
	Stale                                        bool           // too long ago to decide by
	LastURL                                      string
	History                                      []RunRow
	Problems                                     Problems
	Twin                                         CodeBlockProps
}
