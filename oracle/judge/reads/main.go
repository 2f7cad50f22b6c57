// Command reads answers what BuildKit's own frontend makes of a Dockerfile: what it would read of the build context,
// or why it refuses. Requests are lines of JSON on standard input, answers lines on standard output, in order.
//
// It knows nothing of imgplan, and it builds nothing: the Dockerfile becomes a graph (dockerfile2llb), and the graph
// names every path of the context. Base images answer with the environment of the request, so no registry is asked.
//
// With the argument `literals FOLDER` it prints the Dockerfiles that stand as strings in Go's test files instead.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
)

// request asks about one build of one Dockerfile.
type request struct {
	Dockerfile []byte            `json:"dockerfile"`
	Target     string            `json:"target"`
	Args       map[string]string `json:"args"`
	Platform   string            `json:"platform"`
	// Env is the environment that every base image has.
	Env []string `json:"env"`
}

type answer struct {
	// Error is BuildKit's refusal.
	Error string `json:"error,omitempty"`
	// Stages are the names that a target can have.
	Stages []string `json:"stages"`
	// Open are the global arguments without a default.
	Open []string `json:"open"`
	// Reads are the reads of the context.
	Reads []read `json:"reads"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "reads:", err)
		os.Exit(1)
	}
}

func run() error {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	if len(os.Args) == 3 && os.Args[1] == "literals" {
		return literals(os.Args[2], func(found literal) error { return out.Encode(found) })
	}
	// A Dockerfile may be longer than any buffer of a scanner.
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	for in.More() {
		var asked request
		if err := in.Decode(&asked); err != nil {
			return fmt.Errorf("a request: %w", err)
		}
		if err := out.Encode(respond(context.Background(), asked)); err != nil {
			return err
		}
	}
	return nil
}

// respond does not recover from a panic of BuildKit's: it would look like a refusal.
func respond(ctx context.Context, asked request) (given answer) {
	given.Stages, given.Open = outline(asked.Dockerfile)
	reads, err := graph(ctx, asked)
	if err != nil {
		given.Error = err.Error()
	}
	given.Reads = reads
	return given
}
