package main

import (
	"os/exec"
	"strings"
	"testing"
)

func filledIn(t *testing.T, reusePort string) string {
	t.Helper()
	text, err := exec.Command("sh", "../bootstrap.sh", "::1", "10051", reusePort, "10052").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOursIsAccepted(t *testing.T) {
	for _, reusePort := range []string{"true", "false"} {
		text := filledIn(t, reusePort)
		if !strings.Contains(text, "enable_reuse_port: "+reusePort+"\n") {
			t.Errorf("enable_reuse_port is not %s", reusePort)
		}
		if err := check([]byte(text)); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	for _, wrong := range []struct{ what, old, new, named string }{
		{"a misspelt field", "enable_reuse_port", "enable_reuseport", `field "enable_reuseport"`},
		{"one in a typed_config", "generate_request_id", "generate_id", `field "generate_id"`},
		{"a negative port", "10051", "-10051", "portValue: -10051"},
		{"a port beyond the last", "10051", "65536", "PortValue: value must be less than"},
		{"an enumeration's stranger", "HTTP2\n", "HTTP4\n", `codecType: "HTTP4"`},
		{"a required field left out", "stat_prefix: greeter\n", "\n", "StatPrefix: value length"},
		{"a required message left out", "match: {prefix: /}\n                route",
			"route", "Route.Match: value is required"},
		{"an address left out", `address: "::1", `, "", "SocketAddress.Address: value length"},
		{"a typed_config of no known type", "router.v3.Router", "router.v3.Rooter", "v3.Rooter"},
		{"no YAML", "clusters:", "clusters", "could not find expected ':'"},
	} {
		ours := filledIn(t, "true")
		if !strings.Contains(ours, wrong.old) {
			t.Fatalf("%s: nothing to change: %q", wrong.what, wrong.old)
		}
		err := check([]byte(strings.Replace(ours, wrong.old, wrong.new, 1)))
		if err == nil || !strings.Contains(err.Error(), wrong.named) {
			t.Errorf("%s: want %q, got %v", wrong.what, wrong.named, err)
		}
	}
}
