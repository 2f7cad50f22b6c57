// Command judge answers what BuildKit makes of a checkout. It runs a buildkitd and a registry of its own, reads
// requests as lines of JSON from standard input, and writes an answer for each to standard output, in any order.
//
// It knows nothing of imgplan: folders and options in, digests out. It ends with its input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// request asks for the images of one checkout.
type request struct {
	// ID is unique in a run; a tag could have it.
	ID string `json:"id"`
	// Root is the checkout's folder.
	Root string `json:"root"`
	// Cached lets earlier builds answer steps, to see which steps BuildKit itself would run again.
	Cached bool `json:"cached"`
	// Renew goes on with a daemon that remembers nothing. Nothing else may be under way.
	Renew bool `json:"renew"`
	// Builds are parents before their children.
	Builds []build `json:"builds"`
}

type answer struct {
	ID     string            `json:"id"`
	Images map[string]result `json:"images,omitempty"`
	// Error is a fault of the judge, not of a build.
	Error string `json:"error,omitempty"`
}

type judge struct {
	daemon   *daemon
	start    func() (*daemon, error)
	registry string
}

func main() {
	folder := flag.String("folder", "", "an empty folder for all that the daemon writes")
	tools := flag.String("tools", "", "the folder with buildkitd, see-amd64 and see-386")
	runc := flag.String("runc", "runc", "the runtime of RUN steps")
	workers := flag.Int("workers", 4, "builds at a time")
	flag.Parse()
	if err := run(*folder, *tools, *runc, *workers); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func run(folder, tools, runc string, workers int) error {
	ctx := context.Background()
	registry, err := serveRegistry(map[string]string{
		"amd64": filepath.Join(tools, "see-amd64"),
		"386":   filepath.Join(tools, "see-386"),
	})
	if err != nil {
		return fmt.Errorf("the registry of the base images: %w", err)
	}
	// For whoever wants to show the base images to another tool.
	if err := os.WriteFile(filepath.Join(folder, "registry"), []byte(registry), 0o600); err != nil {
		return err
	}
	number := 0
	start := func() (*daemon, error) {
		number++
		own := filepath.Join(folder, strconv.Itoa(number))
		if err := os.Mkdir(own, 0o700); err != nil {
			return nil, err
		}
		return startDaemon(ctx, filepath.Join(tools, "buildkitd"), runc, own, registry, workers)
	}
	daemon, err := start()
	if err != nil {
		return err
	}
	j := &judge{daemon: daemon, start: start, registry: registry}
	defer func() { j.daemon.stop() }()

	requests := make(chan request)
	var lines sync.Mutex
	output := json.NewEncoder(os.Stdout)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for request := range requests {
				given := j.answer(ctx, request)
				lines.Lock()
				_ = output.Encode(given)
				lines.Unlock()
			}
		})
	}
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<24)
	for input.Scan() {
		var r request
		if err = json.Unmarshal(input.Bytes(), &r); err != nil {
			err = fmt.Errorf("a request that is no JSON: %w", err)
			break
		}
		requests <- r
	}
	close(requests)
	all.Wait()
	if err == nil {
		err = input.Err()
	}
	return err
}

func (j *judge) answer(ctx context.Context, request request) answer {
	if request.Renew {
		if err := j.renew(); err != nil {
			return answer{ID: request.ID, Error: err.Error()}
		}
	}
	images, err := j.judge(ctx, request)
	if err != nil {
		return answer{ID: request.ID, Error: err.Error()}
	}
	return answer{ID: request.ID, Images: images}
}

func (j *judge) renew() error {
	j.daemon.stop()
	daemon, err := j.start()
	if err != nil {
		return err
	}
	j.daemon = daemon
	return nil
}
