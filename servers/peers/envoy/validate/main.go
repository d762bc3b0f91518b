// validate holds a bootstrap, YAML on stdin, against the schema that Envoy publishes, where there
// is no Envoy to ask: exit 0, or one line that names the field and exit 1.
//
// Envoy reads it the same way: YAML as JSON, JSON as protobuf's, unknown fields refused, and then
// the rules that the schema has for values.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	bootstrap "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
	"sigs.k8s.io/yaml"

	// What a typed_config may be: a type that is not here is refused.
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = check(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "validate: "+strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}

func check(text []byte) error {
	asJSON, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return err
	}
	message := &bootstrap.Bootstrap{}
	if err := protojson.Unmarshal(asJSON, message); err != nil {
		return err
	}
	// The rules stop where a typed_config begins: that is a message of its own.
	return protorange.Range(message.ProtoReflect(), func(values protopath.Values) error {
		last := values.Index(-1)
		if kind := last.Step.Kind(); kind != protopath.RootStep && kind != protopath.AnyExpandStep {
			return nil
		}
		return followsRules(last.Value.Message().Interface())
	})
}

func followsRules(message proto.Message) error {
	ruled, ok := message.(interface{ ValidateAll() error })
	if !ok {
		return fmt.Errorf("%s has no rules", message.ProtoReflect().Descriptor().FullName())
	}
	return ruled.ValidateAll()
}
