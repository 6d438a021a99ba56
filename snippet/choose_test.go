package snippet

import (
	"context"
	"strings"
	"testing"
)

// TestChoice: --service and --profile choose the part that is judged; without them it is the worker.
func TestChoice(t *testing.T) {
	const compose = "services:\n  api:\n    image: app\n    environment:\n      TEMPORAL_ADDRESS: api.a1b2c.tmprl.cloud:7233\n      TEMPORAL_NAMESPACE: api.a1b2c\n      TEMPORAL_API_KEY: k\n" +
		"  jobs-worker:\n    image: app\n    environment:\n      TEMPORAL_ADDRESS: jobs.a1b2c.tmprl.cloud:7233\n      TEMPORAL_NAMESPACE: jobs.a1b2c\n      TEMPORAL_API_KEY: k\n" +
		"  temporal-ui:\n    image: temporalio/ui:2\n    environment:\n      TEMPORAL_ADDRESS: temporal:7233\n"
	const file = "[profile.default]\naddress = \"localhost:7233\"\nnamespace = \"default\"\n[profile.stage]\naddress = \"stage.a1b2c.tmprl.cloud:7233\"\nnamespace = \"stage.a1b2c\"\napi_key = \"k\"\n[profile.prod]\naddress = \"prod.a1b2c.tmprl.cloud:7233\"\nnamespace = \"prod.a1b2c\"\napi_key = \"k\"\n"
	const spring = "spring.temporal.namespace: base.a1b2c\n---\nspring.config.activate.on-profile: eu\nspring.temporal:\n  namespace: eu.a1b2c\n  connection: {target: \"eu.a1b2c.tmprl.cloud:7233\", api-key: k}\n---\nspring.config.activate.on-profile: us\nspring.temporal:\n  namespace: us.a1b2c\n  connection: {target: \"us.a1b2c.tmprl.cloud:7233\", api-key: k}\n"
	for _, tt := range []struct {
		in     string
		choice EnvChoice
		part   string
		id     string // namespace of the repaired version, "" for none
	}{
		{compose, EnvChoice{}, "service jobs-worker", "jobs.a1b2c"},
		{compose, EnvChoice{Service: "api"}, "service api", "api.a1b2c"},
		{compose, EnvChoice{Service: "API"}, "service api", "api.a1b2c"},
		{compose, EnvChoice{Service: "temporal-ui"}, "service temporal-ui", ""},
		{compose, EnvChoice{Service: "nothing"}, "", ""},
		{file, EnvChoice{}, "profile stage", "stage.a1b2c"},
		{file, EnvChoice{Profile: "prod"}, "profile prod", "prod.a1b2c"},
		{file, EnvChoice{Profile: "default"}, "profile default", ""},
		{file, EnvChoice{Profile: "eu"}, "", ""},
		{"TEMPORAL_PROFILE=prod\n" + file, EnvChoice{}, "profile prod", "prod.a1b2c"},
		{spring, EnvChoice{Profile: "us"}, "profile us", "us.a1b2c"},
		{"SPRING_PROFILES_ACTIVE=us\n", EnvChoice{}, "", ""},
	} {
		e := judgeEnvironment(context.Background(), tt.in, tt.choice)
		id := ""
		if e.request != nil {
			id = e.request.Namespace
		}
		if e.Part != tt.part || id != tt.id {
			t.Errorf("%+v of\n%s\njudged %q with %q, want %q with %q\n%+v", tt.choice, tt.in, e.Part, id, tt.part, tt.id, e.Findings)
		}
		if tt.choice.Service == "nothing" && (len(e.Findings) != 1 || !strings.Contains(e.Findings[0].Text, "jobs-worker")) {
			t.Errorf("a service that is not there: %+v", e.Findings)
		}
	}
}

// TestNeverNothing: a text that speaks of Temporal is never said to hold nothing.
func TestNeverNothing(t *testing.T) {
	for _, in := range []string{
		"temporal", "connect to orders.a1b2c.tmprl.cloud:7233", "<temporal><address>x</address></temporal>", "client = Temporal::Client.new(host: 'x')", "[temporal]\nwhatever = 1\n", "temporal:\n  foo: bar\n", "{\"temporal\": {\"x\": [1]}}",
		"{{ temporal }}", "TEMPORAL", "TEMPORAL_FOO", "TEMPORAL_FOO=1", "# TEMPORAL_ADDRESS=x", "resource \"temporal\" \"x\" {", "env:\n\t- TEMPORAL_ADDRESS", "export TEMPORAL_ADDRESS", "\x00temporal\xff", "Temporal__Unknown__Thing=1",
	} {
		for _, f := range judged(in).Findings {
			if strings.HasPrefix(f.Title, "This text contains no Temporal setting") {
				t.Errorf("%q is said to hold nothing", in)
			}
		}
	}
	for _, in := range []string{"", "HOME=/root\n", "services: {}\n", "[a]\nb = 1\n"} {
		if f := judged(in).Findings; len(f) != 1 || !strings.HasPrefix(f[0].Title, "This text contains no Temporal setting") {
			t.Errorf("%q: %+v", in, f)
		}
	}
}
