package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/tonistiigi/fsutil"
)

// build is one image: the options that `docker buildx build` would be given.
type build struct {
	Name       string            `json:"name"`
	Context    string            `json:"context"`
	Dockerfile string            `json:"dockerfile"`
	Target     string            `json:"target"`
	Args       map[string]string `json:"args"`
	Platforms  []string          `json:"platforms"`
	// Contexts by name: `folder:PATH`, `image:NAME` (an earlier build of the request), `docker-image://…`.
	Contexts map[string]string `json:"contexts"`
}

// result is what became of a build: an image, or why there is none.
type result struct {
	// Digest of the manifest, or of the index where several platforms were asked for.
	Digest string `json:"digest,omitempty"`
	Error  string `json:"error,omitempty"`
	// Ran are the steps that no cache answered; only where the request says `cached`.
	Ran []string `json:"ran,omitempty"`
}

// judge builds the images of one checkout, in order. Where an image fails, those built on it do, too.
func (j *judge) judge(ctx context.Context, request request) (map[string]result, error) {
	results := map[string]result{}
	references := map[string]string{}
	for _, b := range request.Builds {
		var reference string
		if needed(request.Builds, b.Name) {
			reference = fmt.Sprintf("%s/parents/%s:%s", j.registry, b.Name, request.ID)
		}
		options, err := j.options(request, b, references, reference)
		if err == nil {
			var built result
			built, err = j.solve(ctx, options)
			if err == nil {
				references[b.Name] = reference + "@" + built.Digest
				results[b.Name] = built
				continue
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		results[b.Name] = result{Error: err.Error()}
	}
	return results, nil
}

func needed(builds []build, parent string) bool {
	for _, b := range builds {
		for _, source := range b.Contexts {
			if source == "image:"+parent {
				return true
			}
		}
	}
	return false
}

func (j *judge) options(request request, b build, references map[string]string, reference string) (client.SolveOpt, error) {
	frontend := map[string]string{
		"filename": filepath.Base(b.Dockerfile),
		"target":   b.Target,
		"platform": strings.Join(b.Platforms, ","),
		// Images that differ in nothing but the time of the build are the same image.
		"build-arg:SOURCE_DATE_EPOCH": "1",
		// A cache mount outlives its build; nothing of one build may reach another.
		"build-arg:BUILDKIT_CACHE_MOUNT_NS": request.ID + "-" + b.Name,
	}
	if !request.Cached {
		frontend["no-cache"] = ""
	}
	for name, value := range b.Args {
		frontend["build-arg:"+name] = value
	}
	mounts := map[string]string{
		"context":    filepath.Join(request.Root, b.Context),
		"dockerfile": filepath.Join(request.Root, filepath.Dir(b.Dockerfile)),
	}
	for name, source := range b.Contexts {
		if folder, ok := strings.CutPrefix(source, "folder:"); ok {
			local := "named-" + name
			mounts[local] = filepath.Join(request.Root, folder)
			source = "local:" + local
		} else if parent, ok := strings.CutPrefix(source, "image:"); ok {
			// A parent that could not be built matters only to a build that asks for it.
			source = "docker-image://oracle.test/not-built"
			if reference := references[parent]; reference != "" {
				source = "docker-image://" + reference
			}
		}
		frontend["context:"+name] = source
	}
	locals := map[string]fsutil.FS{}
	for name, folder := range mounts {
		fs, err := fsutil.NewFS(folder)
		if err != nil {
			return client.SolveOpt{}, err
		}
		locals[name] = fs
	}
	attributes := map[string]string{"rewrite-timestamp": "true", "compression": "uncompressed", "oci-mediatypes": "true"}
	if reference != "" {
		attributes["name"], attributes["push"], attributes["registry.insecure"] = reference, "true", "true"
	}
	return client.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: frontend,
		LocalMounts:   locals,
		// A transfer into what an earlier build left compares sizes and times only; each build gets all bytes.
		SharedKey: request.ID + "/" + b.Name,
		Exports:   []client.ExportEntry{{Type: client.ExporterImage, Attrs: attributes}},
	}, nil
}

func (j *judge) solve(ctx context.Context, options client.SolveOpt) (result, error) {
	updates := make(chan *client.SolveStatus)
	ran := make(chan []string)
	go func() { ran <- steps(updates) }()
	response, err := j.daemon.Solve(ctx, nil, options, updates)
	built := result{Ran: <-ran}
	if err != nil {
		return built, err
	}
	built.Digest = response.ExporterResponse[exptypes.ExporterImageDigestKey]
	if built.Digest == "" {
		return built, errors.New("BuildKit gave no digest")
	}
	return built, nil
}

// steps are the numbered steps (`[2/3] COPY …`) that were run and not answered by the cache.
func steps(updates chan *client.SolveStatus) []string {
	cached := map[string]bool{}
	var order []string
	for update := range updates {
		for _, vertex := range update.Vertexes {
			if !isStep(vertex.Name) {
				continue
			}
			if _, seen := cached[vertex.Name]; !seen {
				order = append(order, vertex.Name)
			}
			cached[vertex.Name] = vertex.Cached
		}
	}
	var ran []string
	for _, name := range order {
		if !cached[name] {
			ran = append(ran, name)
		}
	}
	return ran
}

// isStep tells steps that read something of the context from loading metadata and base images.
func isStep(vertex string) bool {
	bracket, what, ok := strings.Cut(vertex, "] ")
	return ok && strings.HasPrefix(bracket, "[") && !strings.HasSuffix(bracket, "internal") &&
		!strings.HasPrefix(bracket, "[context ") && !strings.HasPrefix(what, "FROM ")
}
