package snippet

import (
	"embed"
	"fmt"
	"strings"

	"golang.org/x/tools/txtar"
)

// projects are our own money transfers with the names and shapes of the official templates, and with the texts
// that the edits replace: one txtar file a language. Worker and starter are the tests' too.
//
//go:embed project/*.txtar
var projects embed.FS

// environmentFiles are the files that hold the environment in a project, by shell.
var environmentFiles = map[string]struct{ path, use string }{
	"bash": {"env.sh", ". ./env.sh"}, "fish": {"env.fish", "source env.fish"}, "powershell": {"env.ps1", ". ./env.ps1"}, "cmd": {"env.cmd", "call env.cmd"},
	"dotenv": {".env", ""}, "compose": {"compose.yaml", ""}, "kubernetes": {"kubernetes.yaml", ""}, "systemd": {"worker.conf", ""},
	"github-actions": {".github/workflows/transfer.yaml", ""}, "toml": {"temporal.toml", ""},
}

// howHeld says what to do with a file that is not run in a shell.
var howHeld = map[string]string{
	"dotenv":         "`.env` holds it; start the commands below with a program that reads such a file, such as `node --env-file`, or `set -a; . ./.env; set +a` in bash and zsh. Not `docker run --env-file`: it keeps quotes as part of a value.",
	"compose":        "`compose.yaml` holds it. It builds the image from a Dockerfile of yours beside it.",
	"kubernetes":     "`kubernetes.yaml` holds it. Build and push the image that it names, then `kubectl apply -f kubernetes.yaml`.",
	"systemd":        "`worker.conf` is a drop-in of the worker's unit: `/etc/systemd/system/<unit>.d/worker.conf`.",
	"github-actions": "`.github/workflows/transfer.yaml` holds it.",
	"toml":           "`temporal.toml` holds it. Set `TEMPORAL_CONFIG_FILE` to its path, or move it to where its first lines say.",
}

// Project returns a whole project that is ready to run: worker, starter, workflow and dependency file with the edits
// of Write made, the environment for the shell, a README and a .gitignore. No secret is in it. Errors are those of Write.
func Project(r Request) ([]File, error) {
	c, err := Write(r)
	if err != nil {
		return nil, err
	}
	raw, err := projects.ReadFile("project/" + c.Lang + ".txtar")
	if err != nil {
		return nil, fmt.Errorf("the project of %s is not there: %w", c.Lang, err)
	}
	var out []File
	for _, f := range txtar.Parse(raw).Files {
		out = append(out, File{Path: f.Name, Content: string(f.Data)})
	}
	for _, e := range c.Edits {
		if !edit(out, e) {
			return nil, fmt.Errorf("an edit does not fit %s of the project of %s", e.File, c.Lang)
		}
	}
	shell, err := Choose("shell", "shell", r.Shell, Shells, Shells[0])
	if err != nil {
		return nil, err
	}
	if c.Lang == "python" {
		out = append(out, File{"requirements.txt", c.SDK.Package + ">=" + c.SDK.MinVersion + "\n"}) // the official template has none
	}
	held := environmentFiles[shell]
	return append(append(out, c.Files...), File{held.path, c.Holder}, File{"README.md", readme(c, shell)}, File{".gitignore", ignored}), nil
}

// ForRehearsal returns a project that also trusts the server of the rehearsal cloud, by the variables of trust as they are
// written for shell: beside the others where its file is a list of variables, else in a file of their own.
func ForRehearsal(files []File, shell, trust string) []File {
	const why = "Only for the rehearsal: the root of the rehearsal cloud's server, on the machine where Onramp runs."
	held, said := environmentFiles[shell], why
	if held.use == "" && shell != "dotenv" {
		files = append(files, File{"rehearsal-trust.sh", "# " + why + "\n" + trust})
		said += " Programs need the variables of `rehearsal-trust.sh` too."
	}
	comment := "# "
	if shell == "cmd" {
		comment = "rem "
	}
	for i, f := range files {
		switch {
		case f.Path == held.path && (held.use != "" || shell == "dotenv"):
			files[i].Content = strings.TrimRight(f.Content, "\n") + "\n\n" + comment + why + "\n" + trust
		case f.Path == "README.md":
			files[i].Content = strings.Replace(f.Content, "## 3. ", said+"\n\n## 3. ", 1)
		}
	}
	return files
}

// ignored keeps what is secret, or only this machine's, out of version control.
const ignored = "*.key\nclient.pem\napi-key.txt\n.env\nnode_modules/\nlib/\ntarget/\nbin/\nobj/\nvendor/\n__pycache__/\n.venv/\n"

// edit makes one edit and reports whether its text stood there once.
func edit(files []File, e Edit) bool {
	for i, f := range files {
		if f.Path == e.File && strings.Count(f.Content, e.Before) == 1 {
			files[i].Content = strings.Replace(f.Content, e.Before, e.After, 1)
			return true
		}
	}
	return false
}

func readme(c Code, shell string) string {
	var b strings.Builder
	lang := lookup(c.Lang)
	fmt.Fprintf(&b, "# Money transfer on Temporal Cloud, in %s\n\nA worker and a starter for the namespace %s, with the names and shapes of the official template %s. Needs %s %s or newer.\n\n",
		lang.name, c.Env["TEMPORAL_NAMESPACE"], c.Repo, c.SDK.Package, c.SDK.MinVersion)
	b.WriteString("## 1. The way in\n\n")
	if _, ok := c.Env[standardNames.APIKey]; ok {
		b.WriteString("An API key of Temporal Cloud that may write to the namespace. It is in no file here: the environment asks for it, or names the secret that holds it.\n\n")
	} else {
		b.WriteString("The client certificate and its private key, at the paths that the environment names. They are not in this project, and `.gitignore` keeps them out of version control.\n\n")
	}
	held := environmentFiles[shell]
	b.WriteString("## 2. The environment\n\n")
	if held.use != "" {
		fmt.Fprintf(&b, "    %s\n\n", held.use)
	} else {
		b.WriteString(howHeld[shell] + "\n\n")
	}
	step := func(n int, title string, lines []string) {
		fmt.Fprintf(&b, "## %d. %s\n\n", n, title)
		for _, l := range lines {
			b.WriteString("    " + l + "\n")
		}
		b.WriteString("\n")
	}
	step(3, "Install", append(append([]string{}, c.Commands.Install...), lang.after...))
	step(4, "Run the worker", c.Commands.Worker)
	step(5, "Start a transfer, in another terminal with the same environment", c.Commands.Starter)
	if len(c.Notes) > 0 {
		b.WriteString("## Notes\n\n")
	}
	for _, n := range c.Notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}
