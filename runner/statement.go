package runner

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/statement"
	"finesse-conformance/runner/config"
	"finesse-conformance/suites/evidence"
)

// KeyGen draws a key, writes the private one to a file that its owner alone
// can read and the public one beside it, and gives the key's id. It writes
// over no file.
func KeyGen(name string) (id, public string, err error) {
	key, err := statement.NewKey()
	if err != nil {
		return "", "", err
	}
	private, err := key.Private()
	if err != nil {
		return "", "", err
	}
	shown, err := key.PublicPEM()
	if err != nil {
		return "", "", err
	}
	public = name + ".pub"
	if _, err := os.Stat(public); err == nil {
		return "", "", &exit.UsageError{Err: fmt.Errorf("%s is there already; give another name, or remove it first", public)}
	}
	if err := WriteNew(name, string(private)); err != nil {
		return "", "", err
	}
	if err := os.WriteFile(public, shown, 0o644); err != nil {
		return "", "", &exit.UsageError{Err: err}
	}
	id, err = key.KeyID()
	return id, public, err
}

// signKey reads the key that a run signs its statement with; nil for none.
func signKey(run config.Run) (*statement.Key, error) {
	if run.SignKey == "" {
		return nil, nil
	}
	key, err := statement.ReadKey(run.SignKey)
	if err == nil && !key.CanSign() {
		err = fmt.Errorf("%s: is a public key, which cannot sign; name the private one", run.SignKey)
	}
	return key, err
}

// writeStatement states what a whole run came to, over the digests of the
// files, where they were written. Of a selection nothing is stated.
func (a *CLI) writeStatement(result *reports.Result, run config.Run, key *statement.Key, written bool) error {
	path := filepath.Join(run.Out, statement.Name)
	if result.Scope == reports.ScopeSelection || !written {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return &unwrittenError{err} // one of an earlier run would be taken for this one's
		}
		return nil
	}
	var files []statement.File
	for _, name := range []string{run.JSON, filepath.Join(run.Out, evidenceName)} {
		digest, err := digestOf(name)
		if err != nil {
			return &unwrittenError{fmt.Errorf("%s: %w", path, err)}
		}
		files = append(files, statement.File{Name: filepath.Base(name), SHA256: digest})
	}
	s, err := statement.Of(result, files)
	if err != nil {
		return err
	}
	sealed, err := s.Seal(context.Background(), key)
	if err != nil {
		return err
	}
	return writeFile(path, func(w io.Writer) error {
		_, err := w.Write(sealed)
		return err
	})
}

func digestOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, f.Close())
}

// verification is a statement that is being verified.
type verification struct {
	*CLI
	dir   string // where the files are that it is about
	code  int
	named *statement.Statement
}

// The words that a line of a verification begins with.
const (
	wordOK      = "ok"
	wordFailed  = "FAILED"
	wordMissing = "not verified"
)

func (v *verification) say(word, format string, args ...any) {
	fmt.Fprintln(v.Out, strings.Join(text.Wrap(word+"  "+text.OneLine(fmt.Sprintf(format, args...)), v.Width, 4), "\n"))
	switch word {
	case wordFailed:
		v.code = reports.Strongest(v.code, exit.Nonconformant)
	case wordMissing:
		v.code = reports.Strongest(v.code, exit.TooLittle)
	}
}

// Verify checks a statement offline: that one of the keys signed it, that the
// files beside it, or in the folder, are those that it is about, that it says
// what they say, and with the evidence that the present contract comes to the
// same verdicts. It prints what holds and gives 0 where all of it does, 1
// where something does not, 4 where something could not be looked at.
func (a *CLI) Verify(ctx context.Context, name, dir string, keyFiles []string) (int, error) {
	var keys []*statement.Key
	for _, file := range keyFiles {
		key, err := statement.ReadKey(file)
		if err != nil {
			return 0, &exit.UsageError{Err: err}
		}
		keys = append(keys, key)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	opened, err := statement.Open(ctx, data, keys)
	if err != nil {
		return 0, &exit.UsageError{Err: fmt.Errorf("%s: %w", name, err)}
	}
	dir = cmp.Or(dir, filepath.Dir(name))
	v := &verification{CLI: a, dir: dir, named: opened.Statement}
	switch {
	case len(opened.SignedBy) > 0:
		v.say(wordOK, "signed with the key %s", text.Enumerate(opened.SignedBy))
	case !opened.Signed && len(keys) > 0:
		v.say(wordFailed, "it is not signed: nobody vouches for it")
	case !opened.Signed:
		v.say(wordMissing, "it is not signed: nobody vouches for it")
	case len(keys) > 0:
		v.say(wordFailed, "none of the given keys signed it")
	default:
		v.say(wordMissing, "its signature: name the public key of whom you trust with --key")
	}
	if intact := v.files(); intact["results"] {
		v.results(intact["evidence"])
	}
	return v.code, nil
}

// files compares the digests, and tells which files are there as stated.
func (v *verification) files() map[string]bool {
	intact := map[string]bool{}
	for i, f := range v.named.Files {
		digest, err := digestOf(filepath.Join(v.dir, filepath.Base(f.Name)))
		switch {
		case err != nil:
			v.say(wordMissing, "%s: %v", f.Name, err)
		case digest != f.SHA256:
			v.say(wordFailed, "%s is not the file that it was", f.Name)
		default:
			v.say(wordOK, "%s is the file that it was", f.Name)
			intact[[]string{"results", "evidence"}[min(i, 1)]] = true
		}
	}
	return intact
}

// results compares what is stated with the results, and these with what the
// evidence comes to.
func (v *verification) results(withEvidence bool) {
	result, err := reports.Load(filepath.Join(v.dir, filepath.Base(v.named.Files[0].Name)))
	if err != nil {
		v.say(wordFailed, "%v", err)
		return
	}
	again, err := statement.Of(result, v.named.Files)
	if err != nil || !proto.Equal(again.Result, v.named.Result) {
		v.say(wordFailed, "it says of the run what the results do not say")
		return
	}
	v.say(wordOK, "it says what the results say: %s", result.Headline())
	if withEvidence {
		v.judgeAgain(result)
	}
}

// judgeAgain holds the verdicts against those of the present contract.
func (v *verification) judgeAgain(result *reports.Result) {
	if digest := v.Catalogue.Digest(); digest != result.Spec.Digest {
		v.say(wordMissing, "the verdicts are not comparable: they are by the contract %s, and this program has %s", short(result.Spec.Digest), short(digest))
		return
	}
	again, err := v.CLI.judgeAgain(filepath.Join(v.dir, filepath.Base(v.named.Files[1].Name)))
	if err != nil {
		v.say(wordFailed, "the evidence cannot be judged: %v", err)
		return
	}
	var differ []string
	for i := range result.Requirements {
		row := &result.Requirements[i]
		was := row.Outcome
		if row.Outcome == evidence.Waived {
			was = row.Unwaived
		}
		if now := again.now.Row(row.ID); now == nil || now.Outcome != was {
			differ = append(differ, row.ID)
		}
	}
	if len(differ) > 0 {
		v.say(wordFailed, "the evidence comes to other verdicts on %s", text.Few(differ, 10))
		return
	}
	judged := result.Summary.Exercised() - len(slices.Compact(again.unjudged))
	v.say(wordOK, "the evidence comes to the same verdicts on %s that were exercised", text.Count(judged, "requirement"))
}
