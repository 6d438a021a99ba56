package certsvc

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"onramp/fault"
)

// Bounds on what an archive may hold, before any of it is kept.
const (
	maxArchiveFiles = 100
	maxArchiveBytes = 4 << 20 // unpacked, all files together
)

// isArchive reports whether content begins as a zip does.
func isArchive(content []byte) bool { return bytes.HasPrefix(content, []byte("PK\x03\x04")) }

// openArchive is the files of a zip archive, such as those that Onramp hands out, in their order. One level only.
// The error is an Invalid or TooLarge fault that names the archive.
func openArchive(archive File) ([]File, error) {
	name := baseName(archive.Name)
	if len(archive.Content) > maxArchiveBytes {
		return nil, tooLarge(len(archive.Content)).In(name)
	}
	z, err := zip.NewReader(bytes.NewReader(archive.Content), int64(len(archive.Content)))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, name+" is a damaged archive", "Download it again, or unpack it and choose its files.").In(name)
	}
	if len(z.File) > maxArchiveFiles {
		f := fault.New(fault.TooLarge, fmt.Sprintf("%s holds %d files", name, len(z.File)), "Unpack it and choose only the certificate and key you need.").In(name)
		f.Cause = fmt.Sprintf("Onramp reads at most %d.", maxArchiveFiles)
		return nil, f
	}
	left := int64(maxArchiveBytes)
	var out []File
	for _, entry := range z.File {
		inside := path.Base(strings.ReplaceAll(entry.Name, `\`, "/"))
		if entry.FileInfo().IsDir() || strings.HasPrefix(inside, ".") || strings.EqualFold(inside, FileReadme) {
			continue
		}
		in, err := entry.Open()
		var content []byte
		if err == nil {
			content, err = io.ReadAll(io.LimitReader(in, left+1))
			err = errors.Join(err, in.Close())
		}
		left -= int64(len(content))
		switch {
		case left < 0:
			f := fault.New(fault.TooLarge, name+" unpacks to more data than certificates and keys need", "Choose only the certificate and the key.").In(name)
			f.Cause = fmt.Sprintf("Onramp unpacks at most %d kB.", maxArchiveBytes/1000)
			return nil, f
		case err != nil:
			return nil, fault.Wrap(err, fault.Invalid, name+" cannot be unpacked", "Unpack it yourself and choose its files: the archive is damaged or password-protected.").In(name)
		case isArchive(content):
			return nil, fault.New(fault.Invalid, name+" contains another archive", "Unpack it and choose the files inside.").In(name)
		}
		out = append(out, File{Name: inside, Content: content})
	}
	return out, nil
}

// baseName is a file's name without its folders, fit to be shown.
func baseName(name string) string {
	return printable(path.Base(strings.ReplaceAll(name, `\`, "/")))
}
