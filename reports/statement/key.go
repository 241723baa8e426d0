package statement

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// Key is an Ed25519 key: the private one, which signs, or the public one alone.
type Key struct {
	private ed25519.PrivateKey // nil for a public key
	public  ed25519.PublicKey
}

// NewKey draws a private key.
func NewKey() (*Key, error) {
	public, private, err := ed25519.GenerateKey(nil)
	return &Key{private, public}, err
}

// The blocks of PEM in which keys are kept.
const (
	privateBlock = "PRIVATE KEY" // PKCS #8
	publicBlock  = "PUBLIC KEY"  // PKIX
)

// Private gives the private key as PEM, to be kept.
func (k *Key) Private() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	return pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der}), err
}

// PublicPEM gives the public key as PEM, to be given to whoever verifies.
func (k *Key) PublicPEM() ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(k.public)
	return pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der}), err
}

// ReadKey reads a key from a file of PEM. A private key that others than its
// owner may read is refused: nobody knows who signs with it.
func ReadKey(name string) (*Key, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: is no key in PEM; `finesse-conformance keygen` makes one", name)
	}
	var parsed any
	switch block.Type {
	case privateBlock:
		if err := ownersAlone(name); err != nil {
			return nil, err
		}
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case publicBlock:
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	default:
		return nil, fmt.Errorf("%s: holds %q, not a %s or a %s", name, block.Type, privateBlock, publicBlock)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	switch key := parsed.(type) {
	case ed25519.PrivateKey:
		return &Key{private: key, public: key.Public().(ed25519.PublicKey)}, nil
	case ed25519.PublicKey:
		return &Key{public: key}, nil
	}
	return nil, fmt.Errorf("%s: is no Ed25519 key", name)
}

func ownersAlone(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	const others fs.FileMode = 0o077
	if runtime.GOOS != "windows" && info.Mode().Perm()&others != 0 {
		return fmt.Errorf("%s: others than its owner may use this private key; chmod 600 it", name)
	}
	return nil
}

// CanSign reports whether it is the private key.
func (k *Key) CanSign() bool { return k.private != nil }

// Sign signs data, as a signer of envelopes does.
func (k *Key) Sign(_ context.Context, data []byte) ([]byte, error) {
	if !k.CanSign() {
		return nil, errors.New("a public key cannot sign")
	}
	return ed25519.Sign(k.private, data), nil
}

// Verify checks a signature, as a verifier of envelopes does.
func (k *Key) Verify(_ context.Context, data, signature []byte) error {
	if !ed25519.Verify(k.public, data, signature) {
		return errors.New("the signature is another key's, or of something else")
	}
	return nil
}

// KeyID is the digest of the public key, as SHA256:….
func (k *Key) KeyID() (string, error) { return dsse.SHA256KeyID(k.public) }

// Public gives the public key.
func (k *Key) Public() crypto.PublicKey { return k.public }
