package views

// CloudProps is the rehearsal's stand-in for the list of namespaces in Temporal Cloud's console.
// Form: POST /cloud, field namespace. Test ids: cloud-namespace-<id>, create-namespace.
type CloudProps struct {
	Absent     *AbsentProps
	Namespaces []CloudRow
	Value      string
	Problems   Problems
	Back       *Link
}
