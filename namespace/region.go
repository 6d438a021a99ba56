package namespace

import (
	_ "embed"
	"encoding/csv"
	"slices"
	"strings"
	"sync"
)

// Region is one row of regions as data: docs.temporal.io/evaluate/cloud/regions.
type Region struct {
	ID       string // "aws-us-east-1"
	Cloud    string // "aws", "gcp", "azure"
	Name     string // "us-east-1"
	Place    string // "N. Virginia"
	Endpoint string // "us-east-1.aws.api.temporal.io:7233"
	Service  string // private service to connect to, or how to get it
	Verified bool   // false: a row that the reference marks as by pattern or second-hand
}

//go:embed regions.csv
var regionsCSV string

// regions reads the embedded table once. A row with a wrong number of columns fails the tests.
var regions = sync.OnceValue(func() []Region {
	rows, err := csv.NewReader(strings.NewReader(regionsCSV)).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil
	}
	var out []Region
	for _, r := range rows[1:] {
		out = append(out, Region{Cloud: r[0], Name: r[1], ID: r[2], Place: r[3], Endpoint: r[4], Service: r[5], Verified: r[6] == "yes"})
	}
	return out
})

// Regions returns the regions of Temporal Cloud known when this program was built, in the order
// of the table. Cloud's GetRegions is the authority.
func Regions() []Region { return slices.Clone(regions()) }

// LookupRegion returns the region of a Cloud API id ("aws-us-east-1"), of a regional host
// ("us-east-1.aws.api.temporal.io", with or without port) or of the CNAME target of a namespace
// ("aws-us-east-1.region.tmprl.cloud").
func LookupRegion(s string) (Region, bool) {
	s = strings.TrimSuffix(lower(strings.TrimSpace(s)), ".")
	s = strings.TrimSuffix(s, ":7233")
	for _, r := range regions() {
		if s == r.ID || s == strings.TrimSuffix(r.Endpoint, ":7233") || s == r.ID+".region."+domain {
			return r, true
		}
	}
	return Region{}, false
}
