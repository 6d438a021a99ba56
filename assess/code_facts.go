package assess

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What is read of source code at most.
const (
	maxCodeFiles = 20000
	maxCodeFile  = 1 << 20
	maxCodeHits  = 10 // of each kind
)

// codePattern is what Temporal Cloud does not answer as a server of one's own does.
type codePattern struct {
	what, title, fix string
	is               *regexp.Regexp
}

// codePatterns: ORDER BY by docs.temporal.io/list-filter; ListNamespaces and the operator service, because they are the
// control plane's in Temporal Cloud; the calls before ListWorkflowExecutions, because they are deprecated in the API.
var codePatterns = []codePattern{
	{"ORDER BY", "ORDER BY stands in code that uses Temporal", "Take ORDER BY out of the list filter, and sort what is answered.", regexp.MustCompile(`(?i)\border\s+by\b`)},
	{"ListNamespaces", "Code lists namespaces, which a namespace's own credentials may not", "Ask the Cloud Ops API with an account's API key, or name the namespaces in your configuration.", regexp.MustCompile(`\b[Ll]ist_?[Nn]amespaces\b`)},
	{"OperatorService", "Code calls the operator service, which a namespace's own credentials may not", "Create search attributes and Nexus endpoints by tcld, Terraform or the Cloud Ops API.", regexp.MustCompile(`\b[Oo]perator_?[Ss]ervice`)},
	{"ListOpenWorkflow", "Code calls what ListWorkflowExecutions has replaced", "Use a list filter: ExecutionStatus = 'Running'.", regexp.MustCompile(`(?i)\blist_?(open|closed)_?workflow`)},
}

// codeEndings are the names' endings of source code in the languages that have an SDK, and codeBeside are directories of
// what others wrote.
var (
	codeEndings = []string{".go", ".py", ".ts", ".tsx", ".js", ".mjs", ".cjs", ".java", ".kt", ".scala", ".cs", ".rb", ".php"}
	codeBeside  = []string{".git", "node_modules", "vendor", ".venv", "venv", "site-packages", "target", "dist", "build", "bin", "obj"}
	temporal    = []byte("temporal")
)

// ReadCode looks in a directory's source code for what Temporal Cloud does not answer. Only files that mention Temporal are
// looked at, links are not followed, and nothing but the places is kept. What goes wrong is in the result.
func ReadCode(ctx context.Context, dir fs.FS) *CodeLook {
	c := &CodeLook{Read: Read, Whole: true, Found: []CodeHit{}}
	n, hits := 0, map[string]int{}
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && name == ".":
			return err
		case err != nil:
			c.Whole = false
			return nil
		case d.IsDir() && name != "." && slices.Contains(codeBeside, d.Name()):
			return fs.SkipDir
		case !d.Type().IsRegular() || !slices.Contains(codeEndings, strings.ToLower(path.Ext(name))):
			return nil
		}
		if n++; n > maxCodeFiles {
			c.Whole = false
			return fs.SkipAll
		}
		if !c.file(dir, name, hits) {
			c.Whole = false
		}
		return nil
	})
	if err != nil {
		c.Read, c.Why = Failed, "the directory cannot be read"
	}
	return c
}

// file looks at one file and reports whether it could be read as a whole.
func (c *CodeLook) file(dir fs.FS, name string, hits map[string]int) bool {
	in, err := dir.Open(name)
	if err != nil {
		return false
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, maxCodeFile+1))
	if err != nil || len(b) > maxCodeFile {
		return false
	}
	if !bytes.Contains(bytes.ToLower(b), temporal) {
		return true
	}
	c.Files++
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, maxCodeFile+1)
	for at := 1; lines.Scan(); at++ {
		for _, p := range codePatterns {
			if !p.is.Match(lines.Bytes()) {
				continue
			}
			if hits[p.what]++; hits[p.what] > maxCodeHits {
				c.More++
				continue
			}
			c.Found = append(c.Found, CodeHit{What: p.what, File: bound(filepath.ToSlash(name)), Line: at})
		}
	}
	return lines.Err() == nil
}
