// Command go-client signs an agent in, makes it ready and signs it out, with a
// client that oapi-codegen generates from the contract. It is the example of
// how the OpenAPI document is used from Go:
//
//	go generate
//	finesse-conformance serve --write-config /tmp/served.yaml
//	go run . -url https://127.0.0.1:8445 -ca /tmp/served.yaml.ca.pem -user 1001001 -extension 2001001 -password PASSWORD
package main

//go:generate sh -c "go run -C ../.. ./cmd/finesse-conformance spec > openapi.yaml"
//go:generate go tool oapi-codegen -config oapi-codegen.yaml openapi.yaml

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path"
	"strconv"
	"time"

	"example.com/go-client/finesse"
)

func main() {
	url := flag.String("url", "", "`ADDRESS` of Finesse")
	ca := flag.String("ca", "", "`FILE` with the certificate of its authority")
	user := flag.String("user", "", "`ID` of an agent who is signed out")
	password := flag.String("password", os.Getenv("FINESSE_PASSWORD"), "its password")
	extension := flag.String("extension", "", "the extension to sign in with, the id where it is not said")
	flag.Parse()
	if *extension == "" {
		*extension = *user
	}
	if err := run(context.Background(), *url, *ca, *user, *password, *extension); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url, ca, user, password, extension string) error {
	a, err := newAgent(url, ca, user, password)
	if err != nil {
		return err
	}
	// The variants of the request are types of their own: a LOGIN without an
	// extension does not compile.
	if err := a.change(ctx, finesse.SignIn{State: finesse.SignInStateLOGIN, Extension: extension}, finesse.StateNOTREADY); err != nil {
		return err
	}
	if err := a.change(ctx, finesse.ChangeState{State: finesse.ChangeStateStateREADY}, finesse.StateREADY); err != nil {
		return err
	}
	if err := a.leave(ctx, finesse.ReasonCodeCategoryNOTREADY); err != nil {
		return err
	}
	return a.leave(ctx, finesse.ReasonCodeCategoryLOGOUT)
}

// agent is a user who acts on itself.
type agent struct {
	client *finesse.ClientWithResponses
	id     string
}

func newAgent(url, ca, id, password string) (*agent, error) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New(ca + " has no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	c, err := finesse.NewClientWithResponses(url, finesse.WithHTTPClient(&http.Client{Transport: transport, Timeout: 10 * time.Second}),
		finesse.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.SetBasicAuth(id, password)
			return nil
		}))
	return &agent{c, id}, err
}

// change asks for a change, and waits until it shows: success says only that
// the request was accepted.
func (a *agent) change(ctx context.Context, request any, want finesse.State) error {
	body, err := xml.Marshal(request)
	if err != nil {
		return err
	}
	answer, err := a.client.ChangeUserStateWithBodyWithResponse(ctx, a.id, nil, "application/xml", bytes.NewReader(body))
	if err != nil {
		return err
	}
	switch {
	case answer.XML400 != nil:
		return fmt.Errorf("refused: %s", answer.XML400.ApiError[0].ErrorType)
	case answer.XML401 != nil:
		return fmt.Errorf("not allowed: %s", answer.XML401.ApiError[0].ErrorType)
	case answer.StatusCode()/100 != 2:
		return fmt.Errorf("answered %s", answer.Status())
	}
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	for {
		user, err := a.client.GetUserWithResponse(ctx, a.id)
		switch {
		case err != nil:
			return err
		case user.XML200 == nil:
			return fmt.Errorf("the user is answered by %s", user.Status())
		case user.XML200.State == want:
			fmt.Printf("%s %s is %s since %s\n", user.XML200.FirstName, user.XML200.LastName, want, *user.XML200.StateChangeTime)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the user is %s and not %s", user.XML200.State, want)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// leave makes the agent NOT_READY or signs it out, with the first reason of
// those that are configured for it.
func (a *agent) leave(ctx context.Context, to finesse.ReasonCodeCategory) error {
	id, err := a.reason(ctx, to)
	if err != nil {
		return err
	}
	if id == 0 {
		return a.change(ctx, finesse.ChangeState{State: finesse.ChangeStateState(to)}, finesse.State(to))
	}
	return a.change(ctx, finesse.ChangeStateWithReasonCode{State: finesse.ChangeStateWithReasonCodeState(to), ReasonCodeId: id}, finesse.State(to))
}

// reason is the id of a reason code of a category, 0 where there is none: where
// there are any, a change needs one.
func (a *agent) reason(ctx context.Context, category finesse.ReasonCodeCategory) (int64, error) {
	codes, err := a.client.ListReasonCodesWithResponse(ctx, a.id, &finesse.ListReasonCodesParams{Category: category})
	if err != nil || codes.XML200 == nil || codes.XML200.ReasonCode == nil {
		return 0, err
	}
	for _, code := range *codes.XML200.ReasonCode { // older releases have the id in the address alone
		return strconv.ParseInt(path.Base(code.Uri), 10, 64)
	}
	return 0, nil
}
