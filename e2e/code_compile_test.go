package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestCodeCompiles: what no worker runs in the other tests, API keys and a server name, is taken by the compilers
// of Go, TypeScript and Java together with the SDK at the version that `onramp code` installs.
func TestCodeCompiles(t *testing.T) {
	var cells [][]string
	for _, style := range []string{"explicit", "envconfig"} {
		for _, auth := range []string{"mtls", "api-key"} {
			cells = append(cells, []string{"--namespace", "orders.a1b2c", "--style", style, "--auth", auth, "--tls-server-name", "name.example.com"},
				[]string{"--namespace", "orders.a1b2c", "--style", style, "--auth", auth})
		}
	}
	root := t.TempDir()
	applied := func(t *testing.T, lang string, i int) (string, codeAnswer) {
		t.Helper()
		dir := filepath.Join(root, lang, fmt.Sprint(i))
		c := code(t, append([]string{"--lang", lang}, cells[i]...)...)
		applyCode(t, projectOf(t, lang), dir, c)
		return dir, c
	}
	t.Run("go", func(t *testing.T) {
		t.Parallel()
		for i := range cells {
			dir, c := applied(t, "go", i)
			shell(t, dir, cleanEnv(), c.Commands.Install[0])
			shell(t, dir, cleanEnv(), "go vet ./...")
		}
	})
	t.Run("typescript", func(t *testing.T) {
		t.Parallel()
		for i := range cells {
			applied(t, "typescript", i)
		}
		linkNodeModules(t, filepath.Join(root, "typescript"))
		options := `{"extends": "./0/tsconfig.json", "compilerOptions": {"rootDir": ".", "noEmit": true}, "include": ["*/src/*.ts"]}`
		if err := os.WriteFile(filepath.Join(root, "typescript", "tsconfig.json"), []byte(options), 0o600); err != nil {
			t.Fatal(err)
		}
		shell(t, filepath.Join(root, "typescript"), cleanEnv(), "node_modules/.bin/tsc")
	})
	t.Run("java", func(t *testing.T) {
		t.Parallel()
		for i := range cells {
			dir, c := applied(t, "java", i)
			shell(t, dir, cleanEnv(), "mvn -q "+c.Commands.Install[0][len("mvn "):])
		}
	})
}
