package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	gofs "io/fs"
	"os"
	"sort"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// contextSeen gives the paths that a build sees of a context with this ignore file: the way that a file goes from
// the frontend (frontend/dockerui reads it, dockerfile2llb checks it) as JSON (llb.ExcludePatterns) to the client, which
// walks its disk through fsutil's filter.
func contextSeen(file []byte, files [][]byte) ([][]byte, error) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	if _, err := patternmatcher.New(patterns); err != nil {
		return nil, err
	}
	sent, err := json.Marshal(patterns)
	if err != nil {
		return nil, err
	}
	var received []string
	if err := json.Unmarshal(sent, &received); err != nil {
		return nil, err
	}
	if err := compileAll(received); err != nil {
		return nil, err
	}
	filtered, err := fsutil.NewFilterFS(newTree(files), &fsutil.FilterOpt{ExcludePatterns: received})
	if err != nil {
		return nil, err
	}
	seen := [][]byte{}
	err = filtered.Walk(context.Background(), "/", func(path string, _ gofs.DirEntry, err error) error {
		seen = append(seen, []byte(path))
		return err
	})
	return seen, err
}

// compileAll has every pattern made into its expression. patternmatcher does that when it first matches a path with a
// pattern, so a fault fails some builds and not others; imgplan refuses it at once, and is compared with the strict
// answer.
func compileAll(patterns []string) error {
	for _, pattern := range patterns {
		alone, err := patternmatcher.New([]string{pattern})
		if err != nil {
			return err
		}
		if alone.Exclusions() {
			// An exception is tried only with what is matched already.
			if alone, err = patternmatcher.New([]string{"**", pattern}); err != nil {
				return err
			}
		}
		if _, err := alone.MatchesOrParentMatches("x"); err != nil {
			return fmt.Errorf("%q: %w", pattern, err)
		}
	}
	return nil
}

// tree is a folder in memory. The standard library's in-memory file systems refuse names that are not UTF-8.
type tree struct {
	path    string
	folders map[string]*tree
	files   map[string]bool
}

func newTree(files [][]byte) *tree {
	root := &tree{folders: map[string]*tree{}, files: map[string]bool{}}
	for _, file := range files {
		folder := root
		names := strings.Split(string(file), "/")
		for _, name := range names[:len(names)-1] {
			next := folder.folders[name]
			if next == nil {
				next = &tree{path: folder.join(name), folders: map[string]*tree{}, files: map[string]bool{}}
				folder.folders[name] = next
			}
			folder = next
		}
		folder.files[names[len(names)-1]] = true
	}
	return root
}

func (t *tree) join(name string) string {
	if t.path == "" {
		return name
	}
	return t.path + "/" + name
}

// Walk calls fn as filepath.WalkDir does: by name, a folder before what is in it.
func (t *tree) Walk(ctx context.Context, target string, fn gofs.WalkDirFunc) error {
	names := make([]string, 0, len(t.folders)+len(t.files))
	for name := range t.folders {
		names = append(names, name)
	}
	for name := range t.files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		path := t.join(name)
		folder := t.folders[name]
		mode := uint32(0o644)
		if folder != nil {
			mode = uint32(os.ModeDir | 0o755)
		}
		err := fn(path, &fsutil.DirEntryInfo{Stat: &types.Stat{Path: path, Mode: mode}}, nil)
		if errors.Is(err, gofs.SkipDir) {
			if folder == nil {
				return nil
			}
			continue
		}
		if err == nil && folder != nil {
			err = folder.Walk(ctx, target, fn)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Open is not called by a walk.
func (t *tree) Open(path string) (io.ReadCloser, error) {
	return nil, &gofs.PathError{Op: "open", Path: path, Err: gofs.ErrNotExist}
}
