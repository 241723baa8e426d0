package client

import "context"

// Limiter holds requests back: Wait returns when one may be sent, or with the
// reason why none may any more. A *rate.Limiter is one.
type Limiter interface {
	Wait(ctx context.Context) error
}
