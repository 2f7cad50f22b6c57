// Command see is all that the oracle's base images hold: a program for RUN steps that writes down what a step can
// see. It is installed as /bin/see and as /bin/sh, where it prints the script and does not run it.
//
// What it writes must be a function of what the build read: so no times, no device numbers, no identity of the run.
package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Places that the runtime fills, not the build.
var outside = map[string]bool{
	"/proc": true, "/sys": true, "/dev": true, "/etc/hosts": true, "/etc/resolv.conf": true, "/run": true,
}

func main() {
	var out strings.Builder
	fmt.Fprintf(&out, "== %q\n", os.Args)
	cwd, err := os.Getwd()
	fmt.Fprintf(&out, "in %s %v\n", cwd, err)
	environment := os.Environ()
	sort.Strings(environment)
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		// BuildKit traces each step.
		if name != "TRACEPARENT" && !strings.HasPrefix(name, "OTEL_") {
			fmt.Fprintf(&out, "env %q\n", variable)
		}
	}
	// Sorted by name within each folder, and no link is followed.
	_ = filepath.WalkDir("/", func(path string, entry fs.DirEntry, err error) error {
		if outside[path] {
			if entry != nil && entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		fmt.Fprintln(&out, describe(path, entry, err))
		return nil
	})
	file, err := os.OpenFile("/seen", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = file.WriteString(out.String())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func describe(path string, entry fs.DirEntry, err error) string {
	if err != nil {
		return fmt.Sprintf("%q error %v", path, err)
	}
	info, err := entry.Info()
	if err != nil {
		return fmt.Sprintf("%q error %v", path, err)
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		return fmt.Sprintf("%q link %q %v", path, target, err)
	case path == "/bin/see" || path == "/bin/sh":
		return fmt.Sprintf("%q %v this program", path, info.Mode())
	case info.Mode().IsRegular():
		bytes, err := os.ReadFile(path)
		return fmt.Sprintf("%q %v %d %x %v", path, info.Mode(), info.Size(), sha256.Sum256(bytes), err)
	default:
		return fmt.Sprintf("%q %v", path, info.Mode())
	}
}
