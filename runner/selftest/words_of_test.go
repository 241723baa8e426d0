package selftest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"finesse-conformance/spec"
)

// The words that make a step what it is: a row without one is refused.
var needed = []string{"When.Put", "When.Get", "When.Method", "When.Dialog", "When.Stimulus", "When.Timer", "When.EndCall", "When.Probe", "Outcome.Kind", "Get.What", "Get.Category", "Show.At"}

// What stands where a row says nothing.
var usual = map[string]any{"When.By": spec.Self, "Put.Reason": spec.ReasonAuto, "Given.Subject": spec.RoleAgent}

// wordsOf lists the words of a row, each with the row without it: all that is
// set below given, when and then, whatever it is called, so that a new word is
// there at once. A word without which the row cannot be read is none of them.
func wordsOf(req *spec.Requirement) []*word {
	var list []*word
	add := func(name string, acted bool, take func(*spec.Requirement)) {
		for _, d := range []spec.Deployment{spec.UCCE, spec.UCCX} {
			if !slices.Contains(req.Deployments, d) && strings.HasSuffix(name, "["+string(d)+"]") {
				return // a short form stands for both
			}
		}
		less := deep(reflect.ValueOf(*req)).Interface().(spec.Requirement)
		take(&less)
		if len(less.Contradictions()) > len(req.Contradictions()) {
			return // whoever reads the row notices
		}
		list = append(list, &word{name, &less, acted})
	}
	if req.Invariant != "" {
		add("Invariant", false, func(r *spec.Requirement) { r.Invariant = "" })
	}
	words(reflect.ValueOf(req.Given), "Given", func(name string, take func(reflect.Value)) {
		add(name, true, func(r *spec.Requirement) { take(reflect.ValueOf(&r.Given).Elem()) })
	})
	for i, step := range req.Steps {
		var same []int // what is done once more is said once
		for k, other := range req.Steps {
			if reflect.DeepEqual(step.When, other.When) && reflect.DeepEqual(step.Then, other.Then) {
				same = append(same, k)
			}
		}
		if len(req.Steps) > 1 {
			add(fmt.Sprintf("Steps[%d]", i), true, func(r *spec.Requirement) { r.Steps = slices.Delete(r.Steps, i, i+1) })
		}
		below := func(name string, acted bool, where []int) {
			words(reflect.ValueOf(step).FieldByName(name), fmt.Sprintf("Steps[%d].%s", i, name), func(word string, take func(reflect.Value)) {
				add(word, acted, func(r *spec.Requirement) {
					for _, k := range where {
						take(reflect.ValueOf(&r.Steps[k]).Elem().FieldByName(name))
					}
				})
			})
		}
		for _, name := range []string{"Unless", "Again", "Later", "Together", "Following"} {
			below(name, true, []int{i})
		}
		if same[0] == i {
			below("When", true, same)
			below("Then", false, same)
		}
	}
	return list
}

// words finds the words in a value, and gives each with how it is taken out of
// one that is equal and can be set.
func words(v reflect.Value, name string, found func(string, func(reflect.Value))) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			full := v.Type().Name() + "." + field.Name
			plain := v.Field(i).Kind() != reflect.Pointer && v.Field(i).Kind() != reflect.Slice
			if v.Field(i).IsZero() || plain && slices.Contains(needed, full) {
				continue
			}
			if is, ok := usual[full]; ok {
				if !reflect.DeepEqual(v.Field(i).Interface(), is) {
					found(name+"."+field.Name, func(v reflect.Value) { v.Field(i).Set(reflect.ValueOf(is)) })
				}
				continue
			}
			words(v.Field(i), name+"."+field.Name, func(word string, take func(reflect.Value)) {
				if word != name+"."+field.Name || !slices.Contains(needed, full) {
					found(word, func(v reflect.Value) { take(v.Field(i)) })
				}
			})
		}
	case reflect.Pointer:
		found(name, reflect.Value.SetZero)
		words(v.Elem(), name, func(word string, take func(reflect.Value)) {
			found(word, func(v reflect.Value) { take(v.Elem()) })
		})
	case reflect.Map:
		for _, key := range v.MapKeys() {
			found(fmt.Sprintf("%s[%v]", name, key), func(v reflect.Value) { v.SetMapIndex(key, reflect.Value{}) })
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Struct {
			found(name, reflect.Value.SetZero)
			return
		}
		for i := range v.Len() {
			element := fmt.Sprintf("%s[%d]", name, i)
			if v.Type() != reflect.TypeFor[spec.Then]() || v.Len() > 1 {
				found(element, func(v reflect.Value) { v.Set(reflect.AppendSlice(v.Slice(0, i), v.Slice(i+1, v.Len()))) })
			}
			words(v.Index(i), element, func(word string, take func(reflect.Value)) {
				found(word, func(v reflect.Value) { take(v.Index(i)) })
			})
		}
	default:
		if !v.IsZero() {
			found(name, reflect.Value.SetZero)
		}
	}
}

// deep copies a value with all that it points to.
func deep(v reflect.Value) reflect.Value {
	to := reflect.New(v.Type()).Elem()
	to.Set(v)
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if to.Field(i).CanSet() {
				to.Field(i).Set(deep(v.Field(i)))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			to.Set(reflect.New(v.Type().Elem()))
			to.Elem().Set(deep(v.Elem()))
		}
	case reflect.Map:
		if !v.IsNil() {
			to.Set(reflect.MakeMap(v.Type()))
			for _, key := range v.MapKeys() {
				to.SetMapIndex(key, deep(v.MapIndex(key)))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			to.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				to.Index(i).Set(deep(v.Index(i)))
			}
		}
	}
	return to
}
