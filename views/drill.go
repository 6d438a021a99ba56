package views

// DrillProps is the form of a drill: many transfers at a steady rate.
// Form: POST /m/{m}/transfer/drill, fields once, scenario, amount, count, rate, concurrency, seconds, worker,
// template, task_queue, beside, beside_address, beside_namespace and those of KeySourceProps.
// Test ids: start-drill.
type DrillProps struct {
	Migration                         string
	Once                              string
	Target                            []Pair // what is measured
	Count, Rate, Concurrency, Seconds string
	Limits                            string // what the bounds are, and why
	Amount                            string
	Scenarios                         []Choice
	Workers                           []Choice // builtin, own
	Templates                         []Choice
	TaskQueue                         string
	Besides                           []Choice // none, local
	BesideAddress, BesideNamespace    string
	Key                               KeySourceProps
	Needs                             []NeedProps
	CanStart                          bool
	Changed                           bool // what is folded is not as it is by itself: it stands open
	History                           []RunRow
	Problems                          Problems
}
