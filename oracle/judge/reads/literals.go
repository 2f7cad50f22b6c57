package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// literal is a string of a Go file that looks like a Dockerfile.
type literal struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text []byte `json:"text"`
}

// from is a line that only a Dockerfile has, whether or not BuildKit accepts the whole.
var from = regexp.MustCompile(`(?im)^\s*FROM\s+\S`)

// verb is a place of a format string. What the test would put there is not known here, so it becomes a word.
var verb = regexp.MustCompile(`%(\[\d+\])?[dqsv]`)

// literals gives the Dockerfiles of all test files below a folder.
func literals(folder string, found func(literal) error) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			text, ok := node.(*ast.BasicLit)
			if err != nil || !ok || text.Kind != token.STRING {
				return err == nil
			}
			value, fault := strconv.Unquote(text.Value)
			if fault == nil && from.MatchString(value) {
				line := files.Position(text.Pos()).Line
				err = found(literal{filepath.ToSlash(name), line, []byte(verb.ReplaceAllString(value, "word"))})
			}
			return true
		})
		return err
	})
}
