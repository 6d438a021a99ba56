package views

// RunsProps is the list of a migration's runs.
type RunsProps struct {
	Migration string
	Spark     SparkProps
	Checks    []CheckRow
	Transfers []RunRow
	Drills    []RunRow
}
