package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/moby/buildkit/client"
)

// daemon is a buildkitd of our own: its root, socket and log are below one folder, and it dies with us.
type daemon struct {
	*client.Client
	process *exec.Cmd
	folder  string
}

const daemonConfig = `root = %q
[grpc]
  address = [%q]
[worker.oci]
  enabled = true
  binary = %q
  networkMode = "host"
  gc = false
  max-parallelism = %d
[worker.containerd]
  enabled = false
[cdi]
  disabled = true
[registry."docker.io"]
  mirrors = [%q]
[registry."oracle.test"]
  mirrors = [%q]
[registry.%q]
  http = true
`

func startDaemon(ctx context.Context, buildkitd, runc, folder, registry string, workers int) (*daemon, error) {
	address := "unix://" + filepath.Join(folder, "socket")
	config := filepath.Join(folder, "buildkitd.toml")
	text := fmt.Sprintf(daemonConfig, filepath.Join(folder, "root"), address, runc, 2*workers, registry, registry, registry)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	logPath := filepath.Join(folder, "buildkitd.log")
	log, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	process := exec.Command(buildkitd, "--config", config)
	process.Stdout, process.Stderr = log, log
	// Builds allocate much and keep little; there is memory for less frequent collections.
	process.Env = append(os.Environ(), "GOGC=400")
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := process.Start(); err != nil {
		return nil, err
	}
	connection, err := client.New(ctx, address)
	if err != nil {
		return nil, err
	}
	started := &daemon{connection, process, folder}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err = connection.ListWorkers(ctx); err == nil {
			return started, nil
		}
		if time.Now().After(deadline) {
			started.stop()
			said, _ := os.ReadFile(logPath)
			return nil, fmt.Errorf("buildkitd does not answer: %w; it said:\n%s", err, said)
		}
	}
}

func (d *daemon) stop() {
	_ = d.Close()
	_ = d.process.Process.Signal(syscall.SIGTERM)
	_ = d.process.Wait()
	// Whoever gave the folder removes what is left.
	_ = os.RemoveAll(d.folder)
}
