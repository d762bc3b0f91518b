#!/bin/sh
# bootstrap.sh ADDRESS PORT ENABLE_REUSE_PORT UPSTREAM_PORT: prints what Envoy is to be.
#
# What is not here is as Envoy has it; `deviations` in peer.json tells why the rest is not. Most of
# them are what its own FAQ, "best practices for benchmarking Envoy", asks for.
types=type.googleapis.com/envoy.extensions
cat <<EOF_BOOTSTRAP
static_resources:
  listeners:
  - name: greeter
    address: {socket_address: {address: "$1", port_value: $2}}
    enable_reuse_port: $3
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": $types.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: greeter
          codec_type: HTTP2
          generate_request_id: false
          route_config:
            virtual_hosts:
            - name: greeter
              domains: ["*"]
              routes:
              - match: {prefix: /}
                route: {cluster: greeter}
          http_filters:
          - name: envoy.filters.http.router
            typed_config:
              "@type": $types.filters.http.router.v3.Router
              dynamic_stats: false
  clusters:
  - name: greeter
    type: STATIC
    load_assignment:
      cluster_name: greeter
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: $4}}}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": $types.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    circuit_breakers:
      thresholds:
      - max_connections: 1000000000
        max_pending_requests: 1000000000
        max_requests: 1000000000
EOF_BOOTSTRAP
