package handlers_test

import (
	"archive/zip"
	"io"
	"strings"
	"testing"
)

// unzip is the files of an archive by name.
func unzip(t testing.TB, archive string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	check(t, err)
	out := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		check(t, err)
		b, err := io.ReadAll(in)
		check(t, err)
		check(t, in.Close())
		out[f.Name] = string(b)
	}
	return out
}
