package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner"
	"finesse-conformance/runner/selftest"
)

func serveCommand() *cobra.Command {
	var o runner.ServeOptions
	c := &cobra.Command{
		Use:   "serve",
		Short: "serve the embedded reference deployment by itself",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if slices.Equal(o.Faults, []string{"list"}) {
				return selftest.WriteFaults(os.Stdout)
			}
			a, err := app(false)
			if err != nil {
				return err
			}
			o.Deployment = strings.ToUpper(o.Deployment)
			ctx, stop := process.StopOnSignal(c.Context(), func(string) { fmt.Fprintln(os.Stderr, "stopping") })
			defer stop()
			return a.Serve(ctx, o)
		},
	}
	c.Flags().StringVar(&o.Listen, "listen", "127.0.0.1:8445", "`ADDRESS` to listen on; port 0 picks a free one")
	c.Flags().StringVar(&o.Hook, "hook", "127.0.0.1:0", "`ADDRESS` of the stimulus hook, plain HTTP")
	c.Flags().StringVar(&o.Deployment, "deployment", "ucce", "ucce or uccx")
	c.Flags().StringVar(&o.Release, "release", "12.5(1)", "`VERSION`")
	c.Flags().DurationVar(&o.Latency, "latency", 0, "added to every answer")
	c.Flags().DurationVar(&o.Delay, "delay", 30*time.Millisecond, "between the answer and the change")
	c.Flags().IntVar(&o.Troupes, "troupes", 1, "how many processes can certify it at the same time")
	c.Flags().StringVar(&o.Auth, "auth", runner.AuthHybrid, "how users sign in: basic, all by password; sso, all by access token; hybrid, one of a troupe by token")
	c.Flags().DurationVar(&o.TokenLife, "token-life", 0, "how long an access token is good, such as 20s; the configuration then asks for new ones with curl")
	c.Flags().StringVar(&o.Second, "second-node", "", "`ADDRESS` on which a second node of the same system listens")
	c.Flags().DurationVar(&o.SecondNode.Lag, "node-lag", 0, "how much later the second node shows a change")
	c.Flags().DurationVar(&o.SecondNode.Skew, "node-skew", 0, "by how much the clock of the second node is ahead")
	c.Flags().StringVar((*string)(&o.SecondNode.Fault), "node-fault", "", "`NAME` of a deviation of the second node: "+nodeFaults())
	c.Flags().BoolVar(&o.SecondNode.Secondary, "secondary", false, "the second node answers UserAuthMode with 403")
	c.Flags().StringSliceVar(&o.Faults, "fault", nil, "`NAME` of a fault that it has, or several; list shows them")
	c.Flags().BoolVar(&o.Plain, "plain", false, "HTTP instead of HTTPS")
	c.Flags().StringVar(&o.Config, "write-config", "", "`FILE` into which the configuration to certify it is written, passwords and tokens included")
	_ = c.RegisterFlagCompletionFunc("deployment", cobra.FixedCompletions([]string{"ucce", "uccx"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("auth", cobra.FixedCompletions([]string{runner.AuthBasic, runner.AuthSSO, runner.AuthHybrid}, cobra.ShellCompDirectiveNoFileComp))
	c.Flags().StringVar(&o.Postman, "write-postman", "", "`FILE` into which an environment of Postman for it is written, a password included; `spec --format postman` is the collection")
	return c
}

func nodeFaults() string {
	var names []string
	for _, f := range reference.NodeFaults() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}
