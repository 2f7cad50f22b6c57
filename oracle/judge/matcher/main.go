// Matcher answers what Go's own code makes of patterns: filepath.Match, path.Match and filepath.Clean of the standard
// library, and an ignore file as a build with BuildKit applies it. A JSON object a line in, one a line out, in the
// same order; bytes are base64, so that nothing is lost on the way.
//
// It must not know what imgplan answers: `oracle matchers` asks both and compares.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// question is one case; Names are paths.
type question struct {
	Kind  string   `json:"kind"`
	Text  []byte   `json:"text"`
	Names [][]byte `json:"names"`
}

// answer has one of its fields for each kind, and none where Go refuses.
type answer struct {
	// Refused says that the text itself is an error.
	Refused string `json:"refused,omitempty"`
	// Match is filepath.Match, Path is path.Match: true, false or null for a bad pattern.
	Match *bool `json:"match,omitempty"`
	Path  *bool `json:"path,omitempty"`
	// Clean is filepath.Clean.
	Clean []byte `json:"clean,omitempty"`
	// Seen are the paths of the context that a build sees, folders included.
	Seen [][]byte `json:"seen,omitempty"`
}

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "matcher:", err)
		os.Exit(1)
	}
}

func serve() error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for in.Scan() {
		// An empty line asks for what was answered so far.
		if len(in.Bytes()) == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
			continue
		}
		var asked question
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			return fmt.Errorf("%q: %w", in.Text(), err)
		}
		given, err := asked.answer()
		if err != nil {
			return err
		}
		line, err := json.Marshal(given)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	if err := in.Err(); err != nil {
		return err
	}
	return out.Flush()
}

func (q question) answer() (answer, error) {
	switch q.Kind {
	case "match":
		if len(q.Names) != 1 {
			return answer{}, fmt.Errorf("a match has one name, not %d", len(q.Names))
		}
		name := string(q.Names[0])
		return answer{
			Match: known(filepath.Match(string(q.Text), name)),
			Path:  known(path.Match(string(q.Text), name)),
		}, nil
	case "clean":
		return answer{Clean: []byte(filepath.Clean(string(q.Text)))}, nil
	case "ignore":
		seen, err := contextSeen(q.Text, q.Names)
		if err != nil {
			return answer{Refused: err.Error()}, nil
		}
		return answer{Seen: seen}, nil
	}
	return answer{}, fmt.Errorf("%q is no kind of question", q.Kind)
}

func known(matched bool, err error) *bool {
	if err != nil {
		return nil
	}
	return &matched
}
