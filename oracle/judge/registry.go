package main

import (
	"archive/tar"
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// base is an image that generated Dockerfiles build from. It holds one program and what its configuration says.
type base struct {
	name   string
	config v1.Config
}

var bases = []base{
	{name: "plain"},
	{name: "env", config: v1.Config{Env: []string{"A=base-a", "DIR=sub", "FILE=a.txt"}, WorkingDir: "/w"}},
	{name: "onbuild", config: v1.Config{OnBuild: []string{"ENV ONB=1", `RUN ["/bin/see","onb"]`}}},
}

// serveRegistry starts an in-memory registry on a free loopback port and pushes the bases, each for both
// architectures that any x86-64 machine runs. It answers for docker.io and for oracle.test (see daemonConfig).
func serveRegistry(programs map[string]string) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		quiet := registry.Logger(log.New(io.Discard, "", 0))
		log.Fatal(http.Serve(listener, registry.New(quiet)))
	}()
	host := listener.Addr().String()
	for _, b := range bases {
		for _, repository := range []string{b.name, "library/" + b.name} {
			for _, tag := range []string{"latest", "1"} {
				// Another name is another image, as it is in the world.
				own := repository + ":" + tag
				reference, err := name.NewTag(host + "/" + own)
				if err != nil {
					return "", err
				}
				index, err := b.index(programs, own)
				if err != nil {
					return "", err
				}
				if err := remote.WriteIndex(reference, index); err != nil {
					return "", err
				}
			}
		}
	}
	return host, nil
}

func (b base) index(programs map[string]string, own string) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, architecture := range []string{"amd64", "386"} {
		layer, err := programLayer(programs[architecture])
		if err != nil {
			return nil, err
		}
		image, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), layer)
		if err != nil {
			return nil, err
		}
		file, err := image.ConfigFile()
		if err != nil {
			return nil, err
		}
		file = file.DeepCopy()
		file.OS, file.Architecture, file.Config = "linux", architecture, b.config
		file.Config.Labels = map[string]string{"base": own}
		if image, err = mutate.ConfigFile(image, file); err != nil {
			return nil, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{
			Platform: &v1.Platform{OS: "linux", Architecture: architecture},
		}})
	}
	return index, nil
}

// programLayer is a layer with the program as /bin/see and /bin/sh, and nothing that changes between runs.
func programLayer(program string) (v1.Layer, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var layer bytes.Buffer
	writer := tar.NewWriter(&layer)
	for _, header := range []tar.Header{
		{Name: "bin/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "bin/see", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content))},
		{Name: "bin/sh", Typeflag: tar.TypeLink, Mode: 0o755, Linkname: "bin/see"},
	} {
		header.ModTime = time.Unix(0, 0)
		if err := writer.WriteHeader(&header); err != nil {
			return nil, err
		}
		if header.Typeflag == tar.TypeReg {
			if _, err := writer.Write(content); err != nil {
				return nil, err
			}
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(layer.Bytes())), nil
	})
}
