package redact

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"strings"
	"time"
)

// Clean takes secrets out of all texts in what the pointer points to: fields,
// elements, keys and values, whatever their type is called. Maps and lists of
// texts are replaced where they change, since others may hold them too.
func (s *Set) Clean(pointer any) {
	if s != nil {
		s.clean(reflect.ValueOf(pointer).Elem())
	}
}

var timeType = reflect.TypeFor[time.Time]()

func (s *Set) clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if was := v.String(); was != "" {
			if is := s.Text(was); is != was {
				v.SetString(is)
			}
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && v.Kind() == reflect.Pointer {
			s.clean(v.Elem())
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				s.clean(f)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String {
			s.cleanTexts(v)
			return
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			s.clean(v.Index(i))
		}
	case reflect.Map:
		s.cleanMap(v)
	}
}

func (s *Set) cleanTexts(v reflect.Value) {
	var fresh reflect.Value
	for i := range v.Len() {
		was := v.Index(i).String()
		if is := s.Text(was); is != was {
			if !fresh.IsValid() {
				fresh = reflect.MakeSlice(v.Type(), v.Len(), v.Len())
				reflect.Copy(fresh, v)
			}
			fresh.Index(i).SetString(is)
		}
	}
	if fresh.IsValid() {
		v.Set(fresh)
	}
}

// cleanMap makes the map anew where it changes. One from name to text is taken for headers: the
// name may say that the value is a secret.
func (s *Set) cleanMap(v reflect.Value) {
	if v.Len() == 0 {
		return
	}
	if m, ok := v.Interface().(map[string]string); ok {
		v.Set(reflect.ValueOf(s.headers(m)))
		return
	}
	fresh := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.Set(it.Key())
		value.Set(it.Value())
		s.clean(key)
		s.clean(value)
		fresh.SetMapIndex(key, value)
	}
	v.Set(fresh)
}

// headers gives the same map where no secret is in it.
func (s *Set) headers(m map[string]string) map[string]string {
	var fresh map[string]string
	for name, value := range m {
		is, of := s.header(name, value), s.Text(name)
		if is == value && of == name {
			continue
		}
		if fresh == nil {
			fresh = maps.Clone(m)
		}
		delete(fresh, name)
		fresh[of] = is
	}
	if fresh == nil {
		return m
	}
	return fresh
}

// Writer gives a writer that takes secrets out of what is written to it. One
// call is one text: a secret that is written in two is not found.
func (s *Set) Writer(w io.Writer) io.Writer { return writer{s, w} }

type writer struct {
	set *Set
	to  io.Writer
}

func (w writer) Write(p []byte) (int, error) {
	text := string(p)
	clean := w.set.Text(text)
	if clean == text {
		return w.to.Write(p)
	}
	if _, err := io.Copy(w.to, strings.NewReader(clean)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Error gives an error whose text has no secrets, and which is still the one
// that it was.
func (s *Set) Error(err error) error {
	if err == nil {
		return nil
	}
	text := s.Text(err.Error())
	if text == err.Error() {
		return err
	}
	return &cleaned{text, err}
}

type cleaned struct {
	text string
	err  error
}

func (c *cleaned) Error() string { return c.text }
func (c *cleaned) Unwrap() error { return c.err }

// Format keeps what is wrapped from being printed.
func (c *cleaned) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.text) }
