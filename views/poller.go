package views

// PollerProps says whether a worker polls the task queue. id=poller.
type PollerProps struct {
	Tag   Tag // "1 worker polling", "No worker"
	Text  string
	Facts []Pair // identity, last seen, task queue
	Near  string // "A worker polls money-transfer: near miss", "" for none
	Fix   CodeBlockProps
}
