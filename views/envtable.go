package views

// EnvRow is one variable with what it is and where its value came from.
type EnvRow struct {
	Name, Value, What, From string
}
