package views

// NewProps is the form of a new migration.
// Form: POST /new, fields name, lang, mode, auth. Test ids: name, create-migration.
type NewProps struct {
	Name     string
	Langs    []Choice // select
	Modes    []Choice // radio: rehearsal, cloud
	Auths    []Choice // radio: mtls, api-key
	Teams    []Choice // of which one gets it; fewer than two: no choice
	Problems Problems
}
