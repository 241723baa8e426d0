package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
)

// TLSConfig says how the target's certificate is checked: against the
// system's certificates, those of CAFile instead, or not at all. The error
// names CAFile and what is wrong with it.
func (t *Target) TLSConfig() (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: t.Insecure} //nolint:gosec // the user asked for it
	if err := t.showCertificate(config); err != nil {
		return nil, err
	}
	if t.CAFile == "" {
		return config, nil
	}
	f, err := os.Open(t.CAFile)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %s", t.CAFile, cause(err))
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, 8<<20)) // the system's own bundle has 200 kB
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %s", t.CAFile, cause(err))
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", t.CAFile)
	}
	return config, nil
}

// showCertificate adds the certificate that the run shows.
func (t *Target) showCertificate(config *tls.Config) error {
	key := t.KeyFile
	switch {
	case t.CertFile == "" && key != "":
		return &certificateError{"target.key_file", "key-file", "is the key of target.cert_file, which is missing"}
	case t.CertFile == "":
		return nil
	case key == "":
		key = t.CertFile
	}
	pair, err := tls.LoadX509KeyPair(t.CertFile, key)
	if err != nil {
		return &certificateError{"target.cert_file", "cert-file", fmt.Sprintf("the certificate %s with the key %s cannot be used: %s", t.CertFile, key, cause(err))}
	}
	config.Certificates = []tls.Certificate{pair}
	return nil
}

// certificateError is what is wrong with the certificate that the run shows,
// and the key and flag that it concerns.
type certificateError struct{ key, flag, text string }

func (e *certificateError) Error() string { return e.text }
