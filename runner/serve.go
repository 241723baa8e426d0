package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/exit"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec/export"
)

// ServeOptions say how the reference deployment is served by itself.
type ServeOptions struct {
	Listen     string // host:port
	Deployment string // UCCE or UCCX
	Release    string
	Latency    time.Duration // added to every answer
	Delay      time.Duration // between the answer and the change
	Troupes    int           // how many processes can be served at the same time
	Plain      bool          // HTTP instead of HTTPS
	Hook       string        // host:port of the stimulus hook, plain HTTP
	Config     string        // file into which the configuration for a run is written, "" for none
	Postman    string        // file into which an environment of Postman for it is written, "" for none
	Faults     []string      // names of faults that it has
	Auth       string        // how its users sign in: AuthBasic, AuthSSO or AuthHybrid
	Second     string        // host:port of the other node, "" for none
	SecondNode reference.SecondNode
	// TokenLife is how long an access token is good; 0 for longer than anybody
	// serves. The configuration then has a command that asks for new ones.
	TokenLife time.Duration
}

// How the users of a served reference sign in.
const (
	AuthBasic  = "basic"  // everybody by password
	AuthSSO    = "sso"    // everybody by access token
	AuthHybrid = "hybrid" // by password, and one of each troupe by access token
)

// config is the reference as it is served.
func (o ServeOptions) config() (reference.Config, error) {
	cfg, err := reference.Default(o.Deployment, o.Release, o.Troupes)
	if err != nil {
		return cfg, err
	}
	switch o.Auth {
	case AuthBasic:
	case AuthSSO:
		cfg = cfg.WithSingleSignOn()
	case AuthHybrid:
		cfg = cfg.WithTokenUsers()
	default:
		return cfg, fmt.Errorf("--auth %q is none of %s, %s and %s", o.Auth, AuthBasic, AuthSSO, AuthHybrid)
	}
	if cfg.TokenLife = o.TokenLife; o.TokenLife == 0 {
		cfg.TokenLife = servedLife // nothing renews what the configuration has
	}
	cfg.Latency, cfg.Delay, cfg.Faults = o.Latency, o.Delay, o.Faults
	cfg.Settle, cfg.Quiet = servedTiming.Settle, servedTiming.Quiet
	return cfg, nil
}

// What the configuration for a served reference has, whose changes take
// milliseconds. Faults of time are measured by it.
var servedTiming = config.Timing{Settle: 2 * time.Second, Quiet: 200 * time.Millisecond, Poll: 10 * time.Millisecond, LongestWait: 10 * time.Second}

// servedBy is a served deployment and its hook.
type servedBy struct {
	*Embedded
	hook   string // address of the stimulus hook
	second string // address of the other node, "" for none
	renews bool   // tokens expire, and the configuration asks for new ones
}

// check tells what is wrong with the options before anything is listened on
// or written.
func (o ServeOptions) check() error {
	if o.Troupes < 1 {
		return fmt.Errorf("--troupes %d: one or more processes can certify it", o.Troupes)
	}
	for _, flag := range []struct{ name, address string }{{"listen", o.Listen}, {"hook", o.Hook}, {"second-node", o.Second}} {
		if flag.name == "second-node" && flag.address == "" {
			continue
		}
		if _, err := net.ResolveTCPAddr("tcp", flag.address); err != nil {
			return fmt.Errorf("--%s %q: write it as host:port, such as 127.0.0.1:0 for a free port: %w", flag.name, flag.address, err)
		}
	}
	for _, flag := range []struct{ name, file string }{{"write-config", o.Config}, {"write-postman", o.Postman}} {
		if flag.file == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(flag.file)); err != nil || !info.IsDir() {
			return fmt.Errorf("--%s %s: there is no folder %s", flag.name, flag.file, filepath.Dir(flag.file))
		}
	}
	cfg, err := o.config()
	if err != nil {
		return err
	}
	if _, err := reference.ParseNodeFault(string(o.SecondNode.Fault)); o.Second != "" && err != nil {
		return err
	}
	d, err := reference.New(cfg) // which knows releases, faults and durations
	if err != nil {
		return err
	}
	d.Close()
	return nil
}

// listen listens on the address of a flag, and says what helps where another
// program has its port.
func listen(flag, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		return listener, nil
	case addressInUse(err):
		host, _, _ := net.SplitHostPort(address) // which net.Listen understood
		return nil, fmt.Errorf("--%s %s: another program listens there, perhaps another serve; `--%s %s` takes a free port",
			flag, address, flag, net.JoinHostPort(host, "0"))
	}
	return nil, fmt.Errorf("--%s %s: %w", flag, address, err)
}

// addressInUse also knows the number that Windows has for it (WSAEADDRINUSE).
func addressInUse(err error) bool {
	var number syscall.Errno
	return errors.Is(err, syscall.EADDRINUSE) || runtime.GOOS == "windows" && errors.As(err, &number) && number == 10048
}

// Serve serves the reference deployment until the context ends. It prints how
// to certify it.
func (a *CLI) Serve(ctx context.Context, o ServeOptions) error {
	if err := o.check(); err != nil {
		return &exit.UsageError{Err: err}
	}
	cfg, err := o.config()
	if err != nil {
		return &exit.UsageError{Err: err}
	}
	api, err := listen("listen", o.Listen)
	if err != nil {
		return &exit.UsageError{Err: err}
	}
	hook, err := listen("hook", o.Hook)
	if err != nil {
		return errors.Join(&exit.UsageError{Err: err}, api.Close())
	}
	e, err := ServeEmbedded(cfg, api, o.Plain, nil)
	if err != nil {
		return errors.Join(&exit.UsageError{Err: err}, hook.Close())
	}
	served := servedBy{Embedded: e, hook: "http://" + hook.Addr().String() + "/stimulus", renews: o.TokenLife > 0}
	if o.Second != "" {
		if served.second, err = serveSecond(e, o); err != nil {
			return errors.Join(&exit.UsageError{Err: err}, hook.Close(), e.Close())
		}
	}
	server := &http.Server{Handler: e.Deployment.Stimulus(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(hook) }() // ends with the server
	if err := a.writeFor(served, o); err != nil {
		return errors.Join(&exit.UsageError{Err: err}, server.Close(), e.Close())
	}
	a.announce(served, o)
	<-ctx.Done()
	return errors.Join(server.Close(), e.Close())
}

func serveSecond(e *Embedded, o ServeOptions) (string, error) {
	listener, err := listen("second-node", o.Second)
	if err != nil {
		return "", err
	}
	at, err := e.ServeSecond(o.SecondNode, listener, nil)
	if err != nil {
		return "", err
	}
	return at.String(), nil
}

// writeFor writes the files that were asked for.
func (a *CLI) writeFor(served servedBy, o ServeOptions) error {
	if o.Config != "" {
		if err := a.serveConfig(served, o); err != nil {
			return err
		}
	}
	if o.Postman == "" {
		return nil
	}
	text, err := postmanEnvironment(served)
	if err != nil {
		return err
	}
	return writePrivate(o.Postman, text)
}

// postmanEnvironment has the first agent of the served reference who signs in
// by password, and the next one for the requests that take two.
func postmanEnvironment(served servedBy) ([]byte, error) {
	v := export.EnvironmentValues{BaseURL: served.URL.String(), DialogID: "1"}
	teams := map[string]string{}
	for _, u := range served.Deployment.Config().Users {
		teams[u.ID] = u.Team
	}
	for _, u := range served.Users() {
		switch {
		case u.Mobile != nil:
		case v.AgentID == "" && !u.ByToken():
			v.AgentID, v.Password, v.Extension, v.TeamID = u.ID, u.Password.Reveal(), u.Extension, teams[u.ID]
		case v.AgentID != "" && v.OtherID == "":
			v.OtherID, v.OtherExtension = u.ID, u.Extension
		}
	}
	return export.Environment("finesse-conformance serve", v)
}

// writePrivate writes a file that only its owner may read.
func writePrivate(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Chmod(0o600); err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Close()
}

// serveConfig writes what a run needs to certify the served reference. It
// holds passwords and tokens, which only its owner may read.
func (a *CLI) serveConfig(e servedBy, o ServeOptions) error {
	var ca string // a configuration names files as seen from its own folder
	if len(e.CAFile) > 0 {
		file := o.Config + ".ca.pem"
		if err := os.WriteFile(file, e.CAFile, 0o644); err != nil {
			return fmt.Errorf("write the certificate: %w", err)
		}
		ca = filepath.Base(file)
	}
	var text bytes.Buffer
	writeServed(&text, e, ca, true)
	if err := writePrivate(o.Config, text.Bytes()); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// announce tells a person, or a script, how to certify what is served.
func (a *CLI) announce(e servedBy, o ServeOptions) {
	fmt.Fprintf(a.Out, "serving the reference deployment, %s %s, at %s (Ctrl-C ends it)\n", o.Deployment, o.Release, e.URL)
	for _, name := range o.Faults {
		fmt.Fprintf(a.Out, "with the fault %s\n", name)
	}
	fmt.Fprintln(a.Out)
	if o.Auth != AuthBasic {
		fmt.Fprintf(a.Out, "access tokens: POST {\"user\": …, \"password\": …} to %s, DELETE revokes those of the user\n\n", e.URL.JoinPath(tokenPath))
	}
	if o.Config != "" {
		fmt.Fprintf(a.Out, "certify it from another terminal:\n\n    %s run --config %s\n", Name, o.Config)
		return
	}
	fmt.Fprintf(a.Out, "certify it with this configuration (--write-config FILE writes it, with the passwords and tokens):\n\n")
	writeServed(a.Out, e, "", false)
}

func writeServed(w io.Writer, e servedBy, ca string, secrets bool) {
	fmt.Fprintf(w, "target:\n  url: %s\n", e.URL)
	switch {
	case ca != "":
		fmt.Fprintf(w, "  ca_file: %q\n", ca)
	case e.URL.Scheme == "https":
		fmt.Fprintf(w, "  insecure: true\n")
	}
	if e.second != "" {
		fmt.Fprintf(w, "  nodes: [%q, %q]\n", e.URL, e.second)
	}
	fmt.Fprintf(w, "release: %s\nusers:\n", e.Deployment.Config().Release)
	for _, u := range e.Users() {
		signsIn := credentials(u, secrets)
		if e.renews && u.ByToken() {
			signsIn = e.asksFor(u, ca, secrets)
		}
		fmt.Fprintf(w, "  - {id: %q, %s", u.ID, signsIn)
		if u.Mobile != nil {
			fmt.Fprintf(w, ", mobile: {extension: %q, dial_number: %q}}\n", u.Mobile.Extension, u.Mobile.DialNumber)
			continue
		}
		fmt.Fprintf(w, ", extension: %q}\n", u.Extension)
	}
	t := servedTiming
	longest := t.LongestWait
	if life := e.Deployment.Config().TokenLife; e.renews && life <= time.Minute { // an expired one is waited for
		longest = max(longest, life+4*t.Settle)
	}
	fmt.Fprintf(w, "timing: {settle: %v, quiet: %v, poll: %v, longest_wait: %v}\n", t.Settle, t.Quiet, t.Poll, longest)
	fmt.Fprintf(w, "notifications: {url: %q}\nstimuli: {http: %q}\n", e.Events, e.hook)
}

// asksFor is the command by which a user gets a new access token, as a
// configuration has it.
func (e servedBy) asksFor(u *fixtures.User, ca string, secrets bool) string {
	password := "${FINESSE_PASSWORD}"
	if users := e.Deployment.Config().Users; secrets {
		password = users[slices.IndexFunc(users, func(r reference.User) bool { return r.ID == u.ID })].Password
	}
	command := []string{"curl", "--silent", "--show-error", "--fail"}
	switch {
	case ca != "":
		command = append(command, "--cacert", ca)
	case e.URL.Scheme == "https":
		command = append(command, "--insecure")
	}
	command = append(command, "--data", fmt.Sprintf(`{"user": %q, "password": %q}`, u.ID, password), e.URL.JoinPath(tokenPath).String())
	quoted := make([]string, len(command))
	for i, part := range command {
		quoted[i] = strconv.Quote(part)
	}
	return "access_token_exec: [" + strings.Join(quoted, ", ") + "]"
}

// credentials are what a user signs in with, as a configuration has them.
func credentials(u *fixtures.User, secrets bool) string {
	key, secret, variable := "password", u.Password, "${FINESSE_PASSWORD}"
	if u.ByToken() {
		key, secret, variable = "access_token", u.Token.Fixed, "${FINESSE_TOKEN}"
	}
	if !secrets {
		return fmt.Sprintf("%s: %q", key, variable)
	}
	return fmt.Sprintf("%s: %q", key, secret.Reveal())
}
