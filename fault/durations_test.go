package fault_test

import (
	"math"
	"testing"
	"time"

	"onramp/fault"
)

// TestDurationsAsPeopleSayThem: how long something took, lasts, and still lasts.
func TestDurationsAsPeopleSayThem(t *testing.T) {
	for _, tt := range []struct {
		d                 time.Duration
		took, lasts, left string
	}{
		{-time.Second, "", "no time", "1 second"},
		{0, "", "no time", "1 second"},
		{400 * time.Microsecond, "0.4 ms", "less than a millisecond", "1 second"},
		{time.Millisecond, "1.0 ms", "1 millisecond", "1 second"},
		{155 * time.Millisecond, "155 ms", "155 milliseconds", "1 second"},
		{time.Second, "1.0 s", "1 second", "1 second"},
		{2400 * time.Millisecond, "2.4 s", "2 seconds", "3 seconds"},
		{59980 * time.Millisecond, "1 min 0 s", "59 seconds", "1 minute"},
		{time.Minute, "1 min 0 s", "1 minute", "1 minute"},
		{90 * time.Second, "1 min 30 s", "1 minute 30 seconds", "1 minute 30 seconds"},
		{190 * time.Second, "3 min 10 s", "3 minutes 10 seconds", "3 minutes 10 seconds"},
		{time.Hour + 30*time.Second, "1 h 0 min", "1 hour", "1 hour"},
		{3*time.Hour + 5*time.Minute + 7*time.Second, "3 h 5 min", "3 hours 5 minutes", "3 hours 5 minutes"},
		{47 * time.Hour, "47 h 0 min", "1 day 23 hours", "1 day 23 hours"},
		{50 * time.Hour, "50 h 0 min", "2 days 2 hours", "2 days 2 hours"},
		{math.MaxInt64 - time.Second, "2562047 h 47 min", "106751 days 23 hours", "106751 days 23 hours"},
	} {
		if took, lasts, left := fault.Took(tt.d), fault.Lasts(tt.d), fault.Left(tt.d); took != tt.took || lasts != tt.lasts || left != tt.left {
			t.Errorf("%v: took %q, lasts %q, left %q; want %q, %q, %q", tt.d, took, lasts, left, tt.took, tt.lasts, tt.left)
		}
	}
}
