package views

// AssessFactsProps is the page beside a migration, where a facts file is judged.
// Form: POST /assess (multipart), fields facts, as. Test ids: facts, judge.
type AssessFactsProps struct {
	Report   *AssessReport // nil before a file was given
	Command  CodeBlockProps
	Problems Problems
}
