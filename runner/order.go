package runner

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
)

// drawSeed draws the seed of a run that was given none, so that what depends on
// the order is found sooner or later. On the embedded reference, which has no
// memory, the catalogue's order is kept unless it would be repeated.
func drawSeed(cfg *config.Config) {
	run := &cfg.Run
	embedded := len(cfg.Targets) == 1 && cfg.Targets[0].Embedded
	if run.Seed != 0 || run.SeedGiven || embedded && run.Repeat < 2 {
		return
	}
	run.Seed = 1 + rand.Int64N(999_999)
}

// repeats is how often a run plays requirements, 0 where that is once.
func repeats(run config.Run) int {
	if run.Repeat < 2 {
		return 0
	}
	return run.Repeat
}

// repeated gives the items of a run that plays every requirement that often.
// What costs a refused sign-in is played once: too many in a row lock accounts.
func repeated(items []suites.Item, times int) []suites.Item {
	if times < 2 {
		return items
	}
	all := slices.Clone(items)
	for n := 1; n <= times; n++ {
		for i, item := range items {
			if !item.Runs() || item.Requirement.Unauthorized() {
				continue
			}
			item.Repetition = n
			if n == 1 {
				all[i] = item
			} else {
				all = append(all, item)
			}
		}
	}
	return all
}

// ordered gives the items in the order of the seed, 0 for the catalogue's, ranked by it: one
// repetition after the other, in each those together that begin alike.
func (s *session) ordered(items []suites.Item) []suites.Item {
	seed := s.config.Run.Seed
	if seed == 0 && repeats(s.config.Run) == 0 {
		return items
	}
	place := shuffled(items, seed)
	list := slices.Clone(items)
	slices.SortStableFunc(list, func(a, b suites.Item) int {
		order := cmp.Compare(round(a), round(b))
		if order == 0 && seed != 0 {
			order = cmp.Compare(place[keyOf(a)], place[keyOf(b)])
		}
		return order
	})
	if seed != 0 {
		list = spread(list)
	}
	for n := range list {
		list[n].Rank = len(list) - n
	}
	return list
}

// spread puts what costs an answer 401 in even distances among the others: a
// target, or something before it, may shut out who gets several in a row.
func spread(items []suites.Item) []suites.Item {
	var costly, others []suites.Item
	for _, i := range items {
		if i.Runs() && i.Requirement.Unauthorized() {
			costly = append(costly, i)
		} else {
			others = append(others, i)
		}
	}
	list := make([]suites.Item, 0, len(items))
	for n, i := range costly {
		list = append(list, others[n*len(others)/len(costly):(n+1)*len(others)/len(costly)]...)
		list = append(list, i)
	}
	if len(costly) == 0 {
		return items
	}
	return list
}

// itemKey is one playing of a requirement.
type itemKey struct {
	id         string
	repetition int
}

// round is the repetition in which an item is played: what is played once
// takes its place among the first.
func round(i suites.Item) int { return max(i.Repetition, 1) }

func keyOf(i suites.Item) itemKey { return itemKey{i.Requirement.ID, i.Repetition} }

// shuffled gives each playing its place in an order drawn with the seed, a new
// one for each repetition. Those that begin alike stay together, since a user
// may stay for the next one.
func shuffled(items []suites.Item, seed int64) map[itemKey]int {
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	type group struct {
		round  int
		begins string
	}
	var groups []group
	members := map[group][]itemKey{}
	for _, i := range items {
		if !i.Runs() {
			continue
		}
		g := group{round(i), beginning(i.Requirement)}
		if members[g] == nil {
			groups = append(groups, g)
		}
		members[g] = append(members[g], keyOf(i))
	}
	random.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	place := map[itemKey]int{}
	for _, g := range groups {
		keys := members[g]
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, k := range keys {
			place[k] = len(place)
		}
	}
	return place
}

// beginning is the same of requirements that begin alike.
func beginning(req *spec.Requirement) string {
	return fmt.Sprint(req.Given.State, req.Given.Reason, req.Given.Fresh)
}
