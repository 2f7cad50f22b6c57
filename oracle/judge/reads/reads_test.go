package main

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const stages = `ARG BASE
FROM a AS b
COPY --exclude=x . /x
ADD https://example.com/y /z
COPY <<EOF /w
text
EOF
FROM b
COPY --from=b /x /y
COPY --parents v/./$K/*.txt q* /
COPY --link /../foo/ /x/
RUN --mount=source=q,target=/x --mount=target=/y --mount=from=b,target=/z true
RUN --mount=type=cache,target=/c true
`

func ask(dockerfile, target string) answer {
	return respond(context.Background(), request{
		Dockerfile: []byte(dockerfile), Target: target, Platform: "linux/amd64", Env: []string{"K=k"},
	})
}

func TestReadsAreThoseOfTheContext(t *testing.T) {
	given := ask(stages, "")
	want := answer{
		Stages: []string{"b"},
		Open:   []string{"BASE"},
		Reads: []read{
			{Kind: "copy", Source: "/", Exclude: []string{"x"}},
			{Kind: "copy", Source: "/v", Include: []string{"k/*.txt"}},
			{Kind: "copy", Source: "/", Include: []string{"q*"}},
			{Kind: "copy", Source: "/foo"},
			{Kind: "mount", Source: "/q"},
			{Kind: "mount"},
		},
	}
	if !reflect.DeepEqual(given, want) {
		t.Errorf("got  %+v\nwant %+v", given, want)
	}
}

func TestStagesThatAreNotReachedReadNothing(t *testing.T) {
	given := ask(stages, "b")
	if want := []read{{Kind: "copy", Source: "/", Exclude: []string{"x"}}}; !reflect.DeepEqual(given.Reads, want) {
		t.Errorf("%+v", given)
	}
}

func TestRefusals(t *testing.T) {
	for _, refused := range []struct{ dockerfile, target, why string }{
		{"FROM a\nFROB x\n", "", "unknown instruction: FROB"},
		{"FROM a\n", "1", `target stage "1" could not be found`},
		{"RUN x\n", "", "no build stage"},
	} {
		if given := ask(refused.dockerfile, refused.target); !strings.Contains(given.Error, refused.why) {
			t.Errorf("%+v: %+v", refused, given)
		}
	}
}

func TestLiterals(t *testing.T) {
	folder := t.TempDir()
	source := "package x\n\nvar a = `\nFROM %s\n`\nvar b = \"none\"\n"
	if err := os.WriteFile(filepath.Join(folder, "x_test.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	var found []literal
	err := literals(folder, func(one literal) error { found = append(found, one); return nil })
	if want := []literal{{"x_test.go", 3, []byte("\nFROM word\n")}}; err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("%v, %+v", err, found)
	}
}
