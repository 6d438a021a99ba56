package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// wrapper is what `onramp cutover router` prints of a language.
func wrapper(t *testing.T, lang string) (name, content string) {
	t.Helper()
	a := run(t, cleanEnv(), "cutover", "router", "--lang", lang, "--json")
	var got struct{ Schema, Path, Content string }
	if err := json.Unmarshal([]byte(a.out), &got); err != nil || a.code != 0 || got.Schema != "onramp.cutover.router/1" {
		t.Fatalf("%s: exit %d, %v\n%s", lang, a.code, err, a.err)
	}
	return got.Path, got.Content
}

// TestAskFirstParses: the wrapper of each language is taken by a parser of it.
func TestAskFirstParses(t *testing.T) {
	for lang := range templates {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			name, content := wrapper(t, lang)
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			p := parsers[filepath.Ext(name)]
			if a := runCommand(t, t.Context(), "", cleanEnv(), p[0], append(append([]string{}, p[1:]...), file)...); a.code != 0 || lang == "go" && a.out != "" {
				t.Errorf("exit %d\n%s%s", a.code, a.out, a.err)
			}
		})
	}
}

// Each program signals LANG-old, which is open at the source, LANG-new, which is open nowhere, and LANG-wrong by a source
// whose namespace is not there, which must fail.
const (
	askPython = `
import asyncio, os
from temporalio.client import Client, TLSConfig
from ask_source_first import signal_with_start

async def main():
    read = lambda name: open(os.environ[name], "rb").read()
    source = await Client.connect(os.environ["SOURCE"])
    wrong = await Client.connect(os.environ["SOURCE"], namespace="nowhere")
    target = await Client.connect(os.environ["TARGET"], namespace=os.environ["NS"],
        tls=TLSConfig(server_root_ca_cert=read("ROOT"), client_cert=read("CERT"), client_private_key=read("KEY")))
    ask = lambda s, id: signal_with_start(s, target, "Cart", [], id=id, task_queue="carts", start_signal="add", start_signal_args=["tea"])
    await ask(source, "python-old")
    await ask(source, "python-new")
    try:
        await ask(wrong, "python-wrong")
    except Exception as err:
        print("refused:", err)

asyncio.run(main())
`
	askGo = `package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"os"

	"go.temporal.io/sdk/client"
)

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func main() {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(os.Getenv("ROOT"))))
	pair := must(tls.LoadX509KeyPair(os.Getenv("CERT"), os.Getenv("KEY")))
	source := must(client.Dial(client.Options{HostPort: os.Getenv("SOURCE")}))
	wrong := must(client.NewLazyClient(client.Options{HostPort: os.Getenv("SOURCE"), Namespace: "nowhere"}))
	target := must(client.Dial(client.Options{HostPort: os.Getenv("TARGET"), Namespace: os.Getenv("NS"),
		ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}}}))
	ask := func(s client.Client, id string) error {
		_, err := AskSourceFirst{s, target}.SignalWithStartWorkflow(context.Background(), id, "add", "tea", client.StartWorkflowOptions{TaskQueue: "carts"}, "Cart")
		return err
	}
	must(0, ask(source, "go-old"))
	must(0, ask(source, "go-new"))
	fmt.Println("refused:", ask(wrong, "go-wrong"))
}
`
	askTypeScript = `import { Client, Connection } from '@temporalio/client';
import { readFileSync } from 'fs';
import { signalWithStart } from './ask-source-first';

async function main() {
  const env = (name: string) => process.env[name] as string;
  const read = (name: string) => readFileSync(env(name));
  const there = await Connection.connect({ address: env('SOURCE') });
  const source = new Client({ connection: there });
  const wrong = new Client({ connection: there, namespace: 'nowhere' });
  const target = new Client({
    namespace: env('NS'),
    connection: await Connection.connect({ address: env('TARGET'), tls: { serverRootCACertificate: read('ROOT'), clientCertPair: { crt: read('CERT'), key: read('KEY') } } }),
  });
  const ask = (s: Client, workflowId: string) =>
    signalWithStart(s, target, 'Cart', { workflowId, taskQueue: 'carts', signal: 'add', signalArgs: ['tea'], args: [] });
  await ask(source, 'typescript-old');
  await ask(source, 'typescript-new');
  await ask(wrong, 'typescript-wrong').catch((err) => console.log('refused:', err.message));
  process.exit(0);
}
main().catch((err) => { console.error(err); process.exit(1); });
`
	askJava = `import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowOptions;
import io.temporal.serviceclient.SimpleSslContextBuilder;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.io.FileInputStream;

public class Ask {
    static WorkflowClient client(WorkflowServiceStubs stubs, String namespace) {
        return WorkflowClient.newInstance(stubs, WorkflowClientOptions.newBuilder().setNamespace(namespace).build());
    }

    static void ask(WorkflowClient source, WorkflowClient target, String id) {
        WorkflowOptions o = WorkflowOptions.newBuilder().setWorkflowId(id).setTaskQueue("carts").build();
        new AskSourceFirst(source, target).signalWithStart("Cart", o, "add", new Object[] {"tea"}, new Object[] {});
    }

    public static void main(String[] args) throws Exception {
        WorkflowServiceStubs there = WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget(System.getenv("SOURCE")).build());
        WorkflowClient target = client(WorkflowServiceStubs.newServiceStubs(WorkflowServiceStubsOptions.newBuilder()
            .setTarget(System.getenv("TARGET"))
            .setSslContext(SimpleSslContextBuilder.forPKCS8(new FileInputStream(System.getenv("CERT")), new FileInputStream(System.getenv("KEY"))).build())
            .build()), System.getenv("NS"));
        ask(client(there, "default"), target, "java-old");
        ask(client(there, "default"), target, "java-new");
        try {
            ask(client(there, "nowhere"), target, "java-wrong");
        } catch (Exception e) {
            System.out.println("refused: " + e);
        }
        System.exit(0);
    }
}
`
)

// TestAskSourceFirst: signal-with-start at the target alone makes a twin of what is open at the source; the wrapper of each
// language that can run here does not, starts what is open nowhere at the target, and starts nothing where the source's
// answer says nothing.
func TestAskSourceFirst(t *testing.T) {
	source := devServer(t)
	h, _ := hold(t)
	old, there := rehearsalLine{Address: source, Namespace: "default"}.dial(t), h.dial(t)
	langs := []string{"python", "go", "typescript", "java"}
	for _, id := range append([]string{"plain"}, langs...) {
		if _, err := old.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id + "-old", TaskQueue: "carts"}, "Cart"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := there.SignalWithStartWorkflow(t.Context(), "plain-old", "add", "tea", client.StartWorkflowOptions{TaskQueue: "carts"}, "Cart"); err != nil {
		t.Fatal(err)
	}
	twins := func() answer { return run(t, cleanEnv(), append([]string{"cutover", "twins"}, sides(source, h)...)...) }
	within(t, "the plain call's twin is found", func() bool { return strings.Contains(twins().out, "plain-old: Cart at the source") })

	env := cleanEnv(append(h.trust(), "SOURCE="+source, "TARGET="+h.Address, "NS="+h.Namespace, "CERT="+h.Cert, "KEY="+h.Key, "ROOT="+h.ServerRoot)...)
	write := func(t *testing.T, files map[string]string) {
		t.Helper()
		for file, text := range files {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Run("each language", func(t *testing.T) {
		for _, lang := range langs {
			t.Run(lang, func(t *testing.T) {
				t.Parallel()
				name, content := wrapper(t, lang)
				dir := t.TempDir()
				var line string
				switch lang {
				case "python":
					write(t, map[string]string{filepath.Join(dir, name): content, filepath.Join(dir, "ask.py"): askPython})
					line = pythonTool(t, "python") + " ask.py"
				case "go": // built as a package of this module, which has the SDK, without being written into it
					at, err := filepath.Abs("askfirst")
					if err != nil {
						t.Fatal(err)
					}
					over := map[string]map[string]string{"Replace": {filepath.Join(at, name): filepath.Join(dir, name), filepath.Join(at, "main.go"): filepath.Join(dir, "main.go")}}
					b, err := json.Marshal(over)
					if err != nil {
						t.Fatal(err)
					}
					write(t, map[string]string{filepath.Join(dir, name): content, filepath.Join(dir, "main.go"): askGo, filepath.Join(dir, "overlay.json"): string(b)})
					line = "go run -C " + filepath.Dir(at) + " -overlay " + filepath.Join(dir, "overlay.json") + " ./askfirst"
				case "typescript":
					linkNodeModules(t, dir)
					write(t, map[string]string{filepath.Join(dir, name): content, filepath.Join(dir, "ask.ts"): askTypeScript, filepath.Join(dir, "tsconfig.json"): `{"compilerOptions":{"strict":true,"module":"commonjs","target":"es2022","types":["node"],"skipLibCheck":true}}`})
					line = "node_modules/.bin/ts-node ask.ts"
				case "java":
					pom, err := os.ReadFile(filepath.Join(projectOf(t, lang), "pom.xml"))
					if err != nil {
						t.Fatal(err)
					}
					src := filepath.Join(dir, "src", "main", "java")
					write(t, map[string]string{filepath.Join(src, name): content, filepath.Join(src, "Ask.java"): askJava, filepath.Join(dir, "pom.xml"): string(pom)})
					line = "mvn -q compile exec:java -Dexec.mainClass=Ask"
				}
				a := tryShell(t, dir, env, line)
				if a.code != 0 && !(lang == "python" && diedAtItsEnd(a)) || !strings.Contains(a.out, "refused: ") || strings.Contains(a.out, "refused: <nil>") {
					t.Fatalf("exit %d\n%s\n%s", a.code, a.out, a.err)
				}
				if n := signals(t, old, lang+"-old"); n != 1 {
					t.Errorf("%s-old got %d signals at the source", lang, n)
				}
				if n := signals(t, there, lang+"-new"); n != 1 {
					t.Errorf("%s-new got %d signals at the target", lang, n)
				}
				for _, id := range []string{lang + "-old", lang + "-wrong"} {
					if _, err := there.DescribeWorkflowExecution(t.Context(), id, ""); err == nil {
						t.Errorf("%s was started at the target", id)
					}
				}
			})
		}
	})
	within(t, "the target lists what was started there", func() bool {
		n, err := there.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"})
		return err == nil && n.GetCount() == int64(1+len(langs))
	})
	if a := twins(); a.code != 21 || strings.Count(a.out, "at the source since") != 1 {
		t.Errorf("exit %d, want the plain call's twin alone\n%s", a.code, a.out)
	}
}

// signals counts what a workflow was sent.
func signals(t *testing.T, c client.Client, id string) (n int) {
	t.Helper()
	events := c.GetWorkflowHistory(t.Context(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			t.Errorf("%s: %v", id, err)
			return n
		}
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED {
			n++
		}
	}
	return n
}
