package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// sample is this test as if it were the program: any binary of Go says what it
// was built from.
func sample(t *testing.T) *built {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &built{platform: platform{"linux", "arm64"}, path: path, data: data, version: "v1.2.0+dirty", commit: "0600df3c1b2a", date: time.Date(2026, 11, 26, 10, 0, 1, 0, time.UTC)}
}

var twoFiles = []file{{"finesse-conformance", 0o755, []byte("program")}, {"docs/a.md", 0o644, []byte("text")}}

func TestArchivesHoldTheFilesWithTheirModes(t *testing.T) {
	date := sample(t).date
	packed, err := tarGz("folder", twoFiles, date)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	in := tar.NewReader(z)
	for _, f := range twoFiles {
		header, err := in.Next()
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(in)
		if header.Name != "folder/"+f.name || header.FileInfo().Mode() != f.mode || !header.ModTime.Equal(date) || !bytes.Equal(data, f.data) {
			t.Errorf("%+v with %q", header, data)
		}
	}
	if packed, err = zipped("folder", twoFiles, date); err != nil {
		t.Fatal(err)
	}
	all, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil || len(all.File) != 2 || all.File[1].Name != "folder/docs/a.md" || all.File[0].Mode() != 0o755 {
		t.Errorf("%v: %+v", err, all)
	}
}

func TestBillOfMaterialsListsTheModulesOfTheBinary(t *testing.T) {
	data, err := billOfMaterials(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(data), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"pkg:golang/std@1.", "pkg:golang/github.com/google/go-containerregistry@v"} {
		if !slices.ContainsFunc(*bom.Components, func(c cdx.Component) bool { return strings.HasPrefix(c.PackageURL, prefix) }) {
			t.Errorf("the bill has no %s…:\n%s", prefix, data)
		}
	}
	if got := bom.Metadata; got.Component.Version != "v1.2.0+dirty" || got.Timestamp != "2026-11-26T10:00:01Z" || len(*(*bom.Dependencies)[0].Dependencies) != len(*bom.Components) {
		t.Errorf("%+v", got)
	}
}

// The image is one of docker save, with right digests, and an OCI layout of
// the same blobs; it has what a run over TLS needs.
func TestImage(t *testing.T) {
	b := sample(t)
	data, err := imageTarball(b, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	image, err := tarball.ImageFromPath(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(image); err != nil {
		t.Error(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Architecture != "arm64" || config.Config.Entrypoint[0] != "/finesse-conformance" || config.Config.User != "65532:65532" {
		t.Errorf("%+v", config)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for in := tar.NewReader(content); ; {
		header, err := in.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
		if header.Name == "etc/ssl/certs/ca-certificates.crt" {
			text, _ := io.ReadAll(in)
			if !x509.NewCertPool().AppendCertsFromPEM(text) || bytes.Count(text, []byte("BEGIN CERTIFICATE")) < 50 {
				t.Errorf("the certificates are %d bytes", len(text))
			}
		}
		if header.Name == "tmp/" && header.Mode != 0o1777 {
			t.Errorf("the folder for temporary files has mode %o", header.Mode)
		}
	}
	if !slices.Contains(names, "finesse-conformance") || !slices.Contains(names, "work/") {
		t.Errorf("the image has %v", names)
	}
	if again, err := imageTarball(b, []byte("{}")); err != nil || !bytes.Equal(again, data) {
		t.Errorf("the same image has other bytes: %v", err)
	}
	layout(t, data)
}

// layout checks that the index of a layout names blobs that are there.
func layout(t *testing.T, data []byte) {
	t.Helper()
	blobs := map[string]string{}
	for in := tar.NewReader(bytes.NewReader(data)); ; {
		header, err := in.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(in)
		blobs[header.Name] = string(text)
	}
	var index struct {
		Manifests []struct {
			Digest      string
			Annotations map[string]string
		}
	}
	if err := json.Unmarshal([]byte(blobs["index.json"]), &index); err != nil {
		t.Fatal(err)
	}
	if len(index.Manifests) != 1 || blobs["blobs/"+strings.Replace(index.Manifests[0].Digest, ":", "/", 1)] == "" || blobs["oci-layout"] == "" {
		t.Errorf("the index is %s", blobs["index.json"])
	}
	if got := index.Manifests[0].Annotations["org.opencontainers.image.ref.name"]; got != "v1.2.0_dirty" {
		t.Errorf("the tag is %q", got)
	}
}

func TestChoose(t *testing.T) {
	if all, err := choose(""); err != nil || len(all) != 6 {
		t.Errorf("%v, %v", all, err)
	}
	if two, err := choose("linux/arm64,windows/amd64"); err != nil || len(two) != 2 || two[1].os != "windows" {
		t.Errorf("%v, %v", two, err)
	}
	if _, err := choose("plan9/amd64"); err == nil {
		t.Error("plan9/amd64 is taken")
	}
}
