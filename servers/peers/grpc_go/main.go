// grpc_go: gRPC for Go, as its own documentation has one write it.
//
//	one epoll set (Go's netpoller) -> goroutines in a queue of each of N processors, which take
//	from each other when theirs is empty -> a connection has three: one reads, one writes, one
//	looks whether it lives -> a call has one of its own: SayHello()
//
// With --stream-workers a call goes to one of N goroutines that wait for calls of any connection,
// and has its own only when none of them waits: what they save is growing a new stack each time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"coresweep/grpc_go/greeter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	exitWrongUsage   = 2
	exitCannotListen = 3

	mostThreads    = 1024
	mostReplyBytes = 1 << 20
	// A client that reads nothing more must not keep us: the harness kills after three seconds.
	patienceWithCalls = time.Second
)

type server struct {
	greeter.UnimplementedGreeterServer
}

func (server) SayHello(_ context.Context, asked *greeter.HelloRequest) (*greeter.HelloReply, error) {
	size := int(asked.GetReplyBytes())
	if size > mostReplyBytes {
		return nil, status.Error(codes.ResourceExhausted, "reply_bytes is above 1 MiB")
	}
	greeting := "Hello " + asked.GetName()
	if size > len(greeting) {
		greeting += strings.Repeat(".", size-len(greeting))
	} else if size > 0 {
		greeting = greeting[:size]
	}
	return &greeter.HelloReply{Message: greeting}, nil
}

func main() {
	listen := flag.String("listen", "", "")
	threads := flag.Int("threads", 1, "")
	streamWorkers := flag.Bool("stream-workers", false, "")
	readFlags()
	endpoint, err := netip.ParseAddrPort(*listen)
	if err != nil {
		leave(exitWrongUsage, "--listen: '%s' is no ADDRESS:PORT with a numeric address and a port "+
			"from 0 to 65535", *listen)
	}
	if *threads < 1 || *threads > mostThreads {
		leave(exitWrongUsage, "--threads: '%d': allowed is a whole number from 1 to %d", *threads,
			mostThreads)
	}

	// What Go would choose by the CPUs that we may run on, unless a cgroup's quota made it less.
	runtime.GOMAXPROCS(*threads)
	var options []grpc.ServerOption
	if *streamWorkers {
		options = append(options, grpc.NumStreamWorkers(uint32(*threads)))
	}
	greeters := grpc.NewServer(options...)
	greeter.RegisterGreeterServer(greeters, server{})

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	// Without SO_REUSEPORT: a port that anybody has is refused.
	listener, err := net.Listen("tcp", endpoint.String())
	if err != nil {
		leave(exitCannotListen, "cannot listen on %s: %s", endpoint, reason(err))
	}
	fmt.Printf("listening on %s\n", listener.Addr())

	shutDown := make(chan struct{})
	go func() {
		defer close(shutDown)
		<-stop
		patience := time.AfterFunc(patienceWithCalls, greeters.Stop)
		greeters.GracefulStop()
		patience.Stop()
	}()
	if err := greeters.Serve(listener); err != nil {
		leave(1, "%s", err)
	}
	<-shutDown
}

// readFlags leaves with one line and exit code 2 when a flag is wrong.
func readFlags() {
	flag.CommandLine.Init("", flag.ContinueOnError)
	flag.CommandLine.SetOutput(io.Discard)
	if err := flag.CommandLine.Parse(os.Args[1:]); err != nil {
		leave(exitWrongUsage, "%s", err)
	}
	if flag.NArg() > 0 {
		leave(exitWrongUsage, "'%s' is no flag", flag.Arg(0))
	}
}

// reason is the system's own word for why, without the address that it came with.
func reason(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

func leave(code int, line string, values ...any) {
	fmt.Fprintf(os.Stderr, "grpc_go: "+line+"\n", values...)
	os.Exit(code)
}
