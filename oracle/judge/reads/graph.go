package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// contextName marks the main context's source among others in the graph.
const contextName = "local://context"

// read is one read of the context.
type read struct {
	// Kind is `copy`, `mount` or `scan` (an attestation of the whole context).
	Kind    string   `json:"kind"`
	Source  string   `json:"source"`
	Include []string `json:"include"`
	Exclude []string `json:"exclude"`
}

// outline gives the names of the stages and the global arguments without a default, as far as the file parses.
func outline(dockerfile []byte) (stages, open []string) {
	parsed, err := parser.Parse(bytes.NewReader(dockerfile))
	if err != nil {
		return nil, nil
	}
	found, args, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{}))
	if err != nil {
		return nil, nil
	}
	for _, stage := range found {
		if stage.Name != "" {
			stages = append(stages, stage.Name)
		}
	}
	for _, arg := range args {
		for _, pair := range arg.Args {
			if pair.Value == nil {
				open = append(open, pair.Key)
			}
		}
	}
	return stages, open
}

// graph gives the reads of the graph that a build would solve.
func graph(ctx context.Context, asked request) ([]read, error) {
	platform, err := platforms.Parse(asked.Platform)
	if err != nil {
		return nil, err
	}
	caps := pb.Caps.CapSet(pb.Caps.All())
	main := llb.Local("context")
	converted, err := dockerfile2llb.Dockerfile2LLB(ctx, asked.Dockerfile, dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{
			BuildArgs:      asked.Args,
			Target:         asked.Target,
			BuildPlatforms: []ocispecs.Platform{platform},
		},
		MainContext:    &main,
		SourceMap:      llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", asked.Dockerfile),
		TargetPlatform: &platform,
		MetaResolver:   images{env: asked.Env},
		LLBCaps:        &caps,
		Warn:           ignore,
	})
	if err != nil {
		return nil, err
	}
	definition, err := converted.State.Marshal(ctx, llb.Platform(platform))
	if err != nil {
		return nil, err
	}
	reads, err := contextReads(definition.Def)
	if _, scanned := converted.SBOM.Extras["context"]; scanned {
		reads = append(reads, read{Kind: "scan", Source: "/"})
	}
	return reads, err
}

// ignore takes the linter's warnings, which change nothing unless the Dockerfile makes them errors.
func ignore(_, _, _, _ string, _ []parser.Range) {}

// contextReads walks a graph for what takes the context as its input.
func contextReads(definition [][]byte) ([]read, error) {
	ops := make([]*pb.Op, 0, len(definition))
	contexts := make(map[string]bool)
	for _, bytes := range definition {
		op := new(pb.Op)
		if err := op.Unmarshal(bytes); err != nil {
			return nil, fmt.Errorf("an operation of the graph: %w", err)
		}
		if source := op.GetSource(); source != nil && source.Identifier == contextName {
			contexts[digest.FromBytes(bytes).String()] = true
		}
		ops = append(ops, op)
	}
	var reads []read
	for _, op := range ops {
		isContext := func(input int64) bool {
			// Higher numbers are results of the operation's own earlier actions.
			return input >= 0 && input < int64(len(op.Inputs)) && contexts[op.Inputs[input].Digest]
		}
		for _, action := range op.GetFile().GetActions() {
			if source := action.GetCopy(); source != nil && isContext(action.SecondaryInput) {
				reads = append(reads, read{"copy", source.Src, source.IncludePatterns, source.ExcludePatterns})
			}
		}
		for _, mount := range op.GetExec().GetMounts() {
			if isContext(mount.Input) {
				reads = append(reads, read{Kind: "mount", Source: mount.Selector})
			}
		}
	}
	return reads, nil
}

// images answers for every image that it is there, and has an environment and no more.
type images struct{ env []string }

func (i images) ResolveImageConfig(
	_ context.Context, name string, asked sourceresolver.Opt,
) (string, digest.Digest, []byte, error) {
	image := ocispecs.Image{
		RootFS: ocispecs.RootFS{Type: "layers"},
		Config: ocispecs.ImageConfig{Env: i.env},
	}
	if asked.ImageOpt != nil && asked.ImageOpt.Platform != nil {
		image.Platform = *asked.ImageOpt.Platform
	}
	config, err := json.Marshal(image)
	return name, "", config, err
}
