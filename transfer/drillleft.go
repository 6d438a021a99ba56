package transfer

import "time"

// Left estimates how long a drill with its defaults filled in still takes, from how far it is: 0 when all have ended.
// Transfers end as far apart as they start, so what is missing takes its beat; where starts are held back, by a rate
// limit or because too many are under way, it takes the pace of those that have ended. Its limit of time is the most.
func (d Drill) Left(p DrillProgress) time.Duration {
	missing := float64(p.Planned - p.Done - p.Failed)
	if missing <= 0 {
		return 0
	}
	most := max(d.Time-p.Elapsed, 0)
	pace := d.Rate
	due := min(p.Elapsed.Seconds()*d.Rate, float64(p.Planned))
	if late := due - float64(p.Started); late > max(d.Rate, 2) { // more than a second behind
		pace = float64(p.Done+p.Failed) / p.Elapsed.Seconds()
	}
	if pace <= 0 {
		return most
	}
	return min(time.Duration(missing/pace*float64(time.Second)), most)
}
