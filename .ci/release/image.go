package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"time"

	"github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// nobody runs the program in the image.
const nobody = 65532

// imageTarball is an OCI image layout in one file: the program on an empty
// base, with the certificates of public authorities, a folder for temporary
// files and one for work. It also has the index of `docker save`, so that
// `docker load`, `podman load` and `skopeo copy oci-archive:` all take it.
func imageTarball(b *built, bill []byte) ([]byte, error) {
	layer, err := imageLayer(b, bill)
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = b.os, b.arch, v1.Time{Time: b.date}
	config.Config = v1.Config{
		Entrypoint: []string{"/" + program}, Cmd: []string{"--help"}, WorkingDir: "/work", User: fmt.Sprintf("%d:%d", nobody, nobody),
		Labels: map[string]string{
			"org.opencontainers.image.title": program, "org.opencontainers.image.version": b.version, "org.opencontainers.image.revision": b.commit,
		},
	}
	config.History = []v1.History{{Created: v1.Time{Time: b.date}, CreatedBy: "release"}}
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return nil, err
	}
	return layoutTar(image, program+":"+tag(b.version), b.date)
}

// tag is a version as a tag, which allows no plus.
func tag(version string) string {
	return string(bytes.ReplaceAll([]byte(version), []byte("+"), []byte("_")))
}

func imageLayer(b *built, bill []byte) (v1.Layer, error) {
	var out bytes.Buffer
	t := tar.NewWriter(&out)
	folder := func(name string, mode int64, owner int) error {
		return t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode, Uid: owner, Gid: owner, ModTime: b.date, Format: tar.FormatPAX})
	}
	for _, step := range []func() error{
		func() error { return folder("etc/", 0o755, 0) },
		func() error { return folder("etc/ssl/", 0o755, 0) },
		func() error { return folder("etc/ssl/certs/", 0o755, 0) },
		func() error {
			return addToTar(t, "etc/ssl/certs/ca-certificates.crt", file{mode: 0o644, data: authorities()}, b.date)
		},
		func() error { return addToTar(t, program, file{mode: 0o755, data: b.data}, b.date) },
		func() error { return addToTar(t, "sbom.cdx.json", file{mode: 0o644, data: bill}, b.date) },
		func() error { return folder("tmp/", 0o1777, 0) }, // parallel runs make a private folder for their socket
		func() error { return folder("work/", 0o755, nobody) },
		t.Close,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer))
}

// authorities are the certificates of public authorities that Mozilla trusts,
// as Go's own fallback has them.
func authorities() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil { // a file of certificates cannot say until when
			_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
		}
	}
	return out.Bytes()
}

// layoutTar writes an image as an OCI layout with the index of docker save.
func layoutTar(image v1.Image, name string, date time.Time) ([]byte, error) {
	manifest, err := image.RawManifest()
	if err != nil {
		return nil, err
	}
	parsed, err := image.Manifest()
	if err != nil {
		return nil, err
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return nil, err
	}
	digest, err := image.Digest()
	if err != nil {
		return nil, err
	}
	blob := func(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }
	files := []file{{name: blob(digest), data: manifest}, {name: blob(parsed.Config.Digest), data: config}}
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	var layerNames []string
	for i, layer := range layers {
		compressed, err := layer.Compressed()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(compressed)
		if err != nil {
			return nil, err
		}
		layerNames = append(layerNames, blob(parsed.Layers[i].Digest))
		files = append(files, file{name: layerNames[i], data: data})
	}
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{{
		MediaType: types.OCIManifestSchema1, Size: int64(len(manifest)), Digest: digest,
		Annotations: map[string]string{"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name[len(program)+1:]},
	}}}
	saved := []map[string]any{{"Config": blob(parsed.Config.Digest), "RepoTags": []string{name}, "Layers": layerNames}}
	for name, value := range map[string]any{"index.json": index, "manifest.json": saved, "oci-layout": map[string]string{"imageLayoutVersion": "1.0.0"}} {
		data, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: name, data: data})
	}
	return tarOf(files, date)
}
