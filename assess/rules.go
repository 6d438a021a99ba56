package assess

import "slices"

// rules are all checks, in the order of docs/assess.md.
var rules = slices.Concat(serverRules, namespaceRules, attributeRules, workflowRules, limitRules, payloadRules, scheduleRules, workerRules, otherRules)

// Where rules are written, read in November 2026.
const (
	docLimits    = "https://docs.temporal.io/cloud/limits"
	docAutomated = "https://docs.temporal.io/cloud/migrate/automated"
	docManual    = "https://docs.temporal.io/cloud/migrate/manual"
	docActions   = "https://docs.temporal.io/cloud/actions"
	docEstimate  = "https://docs.temporal.io/cloud/migrate/estimate-actions"
	docNames     = "https://docs.temporal.io/cloud/namespaces"
	docExport    = "https://docs.temporal.io/cloud/export"
	docFilters   = "https://docs.temporal.io/list-filter"
	docSearch    = "https://docs.temporal.io/search-attribute"
	docCapacity  = "https://docs.temporal.io/cloud/capacity-modes"
	docCron      = "https://docs.temporal.io/cron-job"
	docSchedules = "https://docs.temporal.io/schedule"
	ours         = "Onramp's judgement"
)
