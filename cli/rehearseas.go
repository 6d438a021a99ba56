package cli

import (
	"fmt"
	"strconv"

	"onramp/cloud"
	"onramp/fault"
)

// asInCloud are the settings that make the rehearsal cloud kinder or stricter than Temporal Cloud is at first.
type asInCloud struct {
	certificates, methods          *string
	actions, schedules, visibility *string
	limits                         cloud.Limits
}

// asInCloudFlags are its flags.
func asInCloudFlags(s *settings) *asInCloud {
	limit := func(name string, most int, what string) *string {
		return s.text(name, strconv.Itoa(most), what+"; 0 is no limit")
	}
	a := &asInCloud{certificates: s.oneOf("client-certificates", "strict", "whether the rehearsal cloud refuses client certificates that break what Temporal Cloud's documentation calls a must (how strictly Temporal Cloud enforces it is not known)", "strict", "lenient"),
		methods:    s.oneOf("both-methods", "off", "whether the rehearsal cloud's account may have namespaces that take client certificates and API keys at once, which Temporal Support turns on for an account; once on, a portal keeps it", "off", "on"),
		actions:    limit("actions-limit", cloud.FirstLimits.Actions, "actions a second of a namespace in the rehearsal cloud, as Temporal Cloud grants at first"),
		schedules:  limit("schedules-limit", cloud.FirstLimits.Schedules, "schedule requests a second there"),
		visibility: limit("visibility-limit", cloud.FirstLimits.Visibility, "calls that list, search or count a second there")}
	s.after = append(s.after, func() error {
		for name, to := range map[string]struct {
			text *string
			n    *int
		}{"actions-limit": {a.actions, &a.limits.Actions}, "schedules-limit": {a.schedules, &a.limits.Schedules}, "visibility-limit": {a.visibility, &a.limits.Visibility}} {
			n, err := strconv.Atoi(*to.text)
			if err != nil || n < 0 || n > maxLimit {
				return fault.New(fault.Invalid, fmt.Sprintf("%q is no limit", printable(*to.text)), fmt.Sprintf("Use a whole number from 0 to %d; 0 is no limit.", maxLimit)).In(name)
			}
			if *to.n = n; n == 0 {
				*to.n = cloud.Unlimited
			}
		}
		return nil
	})
	return a
}

const maxLimit = 1_000_000

func (a *asInCloud) lenient() bool { return *a.certificates == "lenient" }

func (a *asInCloud) bothMethods() bool { return *a.methods == "on" }
