package config

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// bombs are texts of a few bytes, or of the longest that is read, that make a careless reader grow or run for ever.
func bombs() map[string]string {
	rep := strings.Repeat
	fill := func(s string) string { return rep(s, (MaxText-300)/len(s)) } // room for what stands before it
	doubling, quads := "A=aaaaaaaa\n", "A=a\n"
	for range 40 {
		doubling += "A=$A$A\n"
		quads += "A=\"${A}${A}${A}${A}\"\n"
	}
	named := "TEMPORAL_A0=xxxxxxxxxxxxxxxx\n"
	for i := range 200 {
		named += fmt.Sprintf("TEMPORAL_A%d=$TEMPORAL_A%d$TEMPORAL_A%d\n", i+1, i, i)
	}
	named += "TEMPORAL_ADDRESS=$TEMPORAL_A200\n"
	anchors := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'z'; c++ {
		anchors += fmt.Sprintf("%c: &%c [%s*%c]\n", c, c, rep(fmt.Sprintf("*%c,", c-1), 8), c-1)
	}
	merges := "a: &a {k: v}\n"
	for c := 'b'; c <= 'z'; c++ {
		merges += fmt.Sprintf("%c: &%c {<<: [%s*%c], k%c: {<<: *%c}}\n", c, c, rep(fmt.Sprintf("*%c,", c-1), 8), c-1, c, c-1)
	}
	many := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < MaxText-200; i++ {
			fmt.Fprintf(&b, format, i, i)
		}
		return b.String()
	}
	return map[string]string{
		"shell doubling": doubling, "shell quadrupling": quads, "shell doubling by name": named, "cmd doubling": strings.ReplaceAll(strings.ReplaceAll(doubling, "$A", "%A%"), "A=", "set A="),
		"powershell doubling": strings.ReplaceAll(strings.ReplaceAll(doubling, "$A", "$env:A"), "\nA=", "\n$env:A = \"") + "\"",
		"shell substitution":  fill("$("), "shell backticks": fill("`"), "shell groups": fill("{ "), "shell subshells": fill("( "), "shell if": fill("if "), "shell case": fill("case x in "),
		"shell arithmetic": "echo $((" + fill("-"), "shell parameter": "echo " + fill("${a:-"), "shell tests": "[[ " + fill("! "), "shell pipes": fill("a|"), "shell and": fill("a&&"), "shell functions": fill("f(){ "),
		"shell quotes": fill("A=\"\n"), "shell single quotes": fill("A='\n"), "shell heredocs": fill("<<E\n"), "continuations": "A=" + fill("\\\n"), "backticks": fill("a `\n"), "carets": fill("a ^\n"), "one long line": "A=" + fill("b"),
		"many settings": many("TEMPORAL_X%d=%d\n"), "many references": many("A%d=$A%d\n"), "many same": fill("TEMPORAL_ADDRESS=a\n"), "many commands": many("docker run --name w%d -e TEMPORAL_ADDRESS=%d x\n"), "many pairs in a word": "gcloud run deploy w --set-env-vars " + many("A%d=%d,"),
		"commas": "gcloud x --set-env-vars " + fill("A=,"), "dotted": fill("a.b=c\n"), "json lists": fill("["), "json objects": fill(`{"a":`), "json closed": fill(`["]",`), "json in json": fill(`{"a":"{\"a\":`), "json keys": "{" + many(`"TEMPORAL_%d":"%d",`) + `"x":1}`,
		"json long": `{"a":"` + fill("x") + `"}`, "json groups": `{"services":{` + many(`"w%d":{"environment":{"TEMPORAL_ADDRESS":"%d"}},`) + `"x":{}}}`,
		"toml lists": "[profile.a]\na = " + fill("["), "toml tables": "[profile.a]\na = " + fill("{a="), "toml dots": "[profile." + fill("a.") + "a]", "toml keys": "[profile.default]\n" + many("k%d = \"%d\"\n"), "toml profiles": many("[profile.p%d]\naddress = \"%d.a1b2c.tmprl.cloud:7233\"\n"), "toml lists of tables": fill("[[a.b]]\n"),
		"toml closed": "[profile.a]\na = " + fill("[\"]\","), "toml quotes": "[profile.a]\n" + fill(`a = """`),
		"yaml anchors": anchors, "yaml merges": merges, "yaml flow": "env: " + fill("["), "yaml flow maps": "env: " + fill("{a: "), "yaml block": "env:\n" + fill("- "), "yaml colons": "env: " + fill("a: "), "yaml question marks": "env:\n" + fill("? "), "yaml documents": "env: 1\n" + fill("---\na: 1\n"), "yaml keys": "env:\n" + many("  TEMPORAL_%d: \"%d\"\n"), "yaml services": "services:\n" + many("  w%d:\n    environment: {TEMPORAL_ADDRESS: \"%d\"}\n"),
		"yaml indent": "env:\n" + indented(), "yaml alias to itself": "a: &a\n  b: *a\nenv: *a\n", "yaml templates": "env:\n" + fill("  {{ a }}\n"), "yaml open templates": "env: " + fill("{{"), "yaml many aliases": "a: &a {b: 1}\nenv: [" + fill("*a,") + "1]", "yaml tags": "env: " + fill("!!a "), "yaml texts in texts": "services:\n  w:\n    run: |\n" + fill("      export TEMPORAL_A=1\n"),
		"kubernetes tables": many("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\ndata: {TEMPORAL_A: \"%d\"}\n"), "kubernetes objects": many("---\napiVersion: v1\nkind: Connection\nmetadata: {name: c%d}\nspec: {hostPort: \"%d:1\"}\n"),
		"hcl lists": "a = " + fill("["), "hcl objects": "a = " + fill("{a="), "hcl templates": "a = " + fill(`"${`), "hcl signs": "a = " + fill("!"), "hcl minus": "a = " + fill("-"), "hcl conditions": "a = " + fill("a?"), "hcl blocks": fill("resource \"a\" \"b\" {\n"), "hcl heredocs": "resource \"a\" \"b\" {\n" + fill("a = <<E\n"), "hcl many": many("variable \"temporal_%d\" {\n  default = \"%d\"\n}\n"), "hcl parentheses": "a = " + fill("("), "hcl calls": "resource \"a\" \"b\" {\n a = " + fill("a("), "hcl operators": "resource \"a\" \"b\" {\n a = 1" + fill("+1"), "hcl for": "resource \"a\" \"b\" {\n a = " + fill("[for a in "),
		"bicep objects": "param a object = " + fill("{a: "), "bicep lists": "param a array = " + fill("["), "bicep calls": "param x string = 'a'\nvar a = " + fill("f("), "bicep conditions": "param x string = 'a'\nvar a = " + fill("a ? "), "bicep strings": "param a string = " + fill("'${"), "bicep open strings": "param a string = '''" + fill("a"), "bicep comments": "param a string = 'b'\n" + fill("/*"), "bicep colons": "param a string = 'b'\nvar c = " + fill("a ? [] : "), "bicep many": many("param temporal%d string = '%d'\n"),
		"properties": many("spring.temporal.a%d=%d\n"), "properties continued": "a.b=" + fill("\\\n"), "properties parts": fill("a.b=c\n#---\n"), "properties profiles": many("%%p%d.quarkus.temporal.namespace=%d\n"),
		"fences": fill("```\n"), "table rows": fill("| A | b |\n"), "bytes": fill("\x00\xff"), "quotes": fill(`"`), "brackets": fill("<a>"), "dollars": "A=" + fill("$"), "braces": "A=" + fill("${"), "percents": "set A=" + fill("%A"), "placeholders": "TEMPORAL_ADDRESS=" + fill("<a "), "equals": fill("="), "hashes": fill("#{"), "base64": "apiVersion: v1\nkind: Secret\ndata:\n  TEMPORAL_A: " + fill("QUFB"),
	}
}

// indented is YAML in which every line is a level deeper.
func indented() string {
	var b strings.Builder
	for i := 1; b.Len() < MaxText-1000; i++ {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// TestBombs: no text takes more than its share of memory or time, whatever it is.
func TestBombs(t *testing.T) {
	var worstTime time.Duration
	var worstMemory uint64
	var slow, big string
	for name, text := range bombs() {
		if len(text) > MaxText {
			t.Errorf("%s: %d bytes are refused, and show nothing", name, len(text))
		}
		took, grew := measure(func() {
			d := Read(context.Background(), text)
			for g := range min(len(d.Groups), 20) {
				r, settings := d.Resolver(g)
				for i := range settings {
					if v := r.Value(i).String(); len(v) > 2*maxValue && len(v) > len(text) {
						t.Errorf("%s: a value of %d bytes", name, len(v))
					}
				}
			}
		})
		if took > worstTime {
			worstTime, slow = took, name
		}
		if grew > worstMemory {
			worstMemory, big = grew, name
		}
		if grew > 300<<20 {
			t.Errorf("%s: %d bytes take %d MB", name, len(text), grew>>20)
		}
		if took > 10*time.Second { // a loop without end, not a slow machine
			t.Errorf("%s: %d bytes take %v", name, len(text), took)
		}
	}
	t.Logf("%d bombs; slowest %v (%s), biggest %d MB (%s)", len(bombs()), worstTime, slow, worstMemory>>20, big)
}

// measure returns how long work took, and how far the memory of the process grew over what was in use before.
func measure(work func()) (time.Duration, uint64) {
	debug.FreeOSMemory()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	done := make(chan uint64)
	stop := make(chan struct{})
	go func() {
		var most uint64
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if used := m.HeapInuse + m.StackInuse; used > most {
				most = used
			}
			select {
			case <-stop:
				done <- most
				return
			case <-tick.C:
			}
		}
	}()
	start := time.Now()
	work()
	took := time.Since(start)
	close(stop)
	most := <-done
	if used := before.HeapInuse + before.StackInuse; most > used {
		return took, most - used
	}
	return took, 0
}

// TestReadEndsWithItsContext: a reader whose client has left does no more work.
func TestReadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if d := Read(ctx, bombs()["many settings"]); len(d.Settings) > 10 {
		t.Errorf("%d settings were read for nobody", len(d.Settings))
	}
}

// FuzzRead: no panic, and no text grows.
func FuzzRead(f *testing.F) {
	for _, text := range bombs() {
		f.Add(text[:min(len(text), 400)])
	}
	for _, s := range []string{"services:\n  w:\n    environment:\n      - A=${B:-c}\n", "[profile.default]\naddress = 'a'\n", "if [ a ]; then export A=1; else export A=2; fi\n", "resource \"a\" \"b\" {\n  environment = jsonencode([{ name = \"A\", value = var.b }])\n}\n", "param a string = 'b'\nvar c = a ? [{ name: 'A', value: a }] : []\n", "{\"env\": {\"A\": \"${B}\"}}", "%prod.a.b=c\n", "gcloud run deploy w --set-env-vars ^@^A=1@B=2\n", "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := Read(context.Background(), text)
		total := 0
		for g := range d.Groups {
			r, settings := d.Resolver(g)
			for i := range settings {
				total += len(r.Value(i).String())
			}
		}
		if total > 8<<20 {
			t.Errorf("%d bytes became %d", len(text), total)
		}
	})
}
