// What `coresweep run` and the `coresweep agent` on a host say to each other: JSON lines, over one
// ssh session a host that lasts as long as the sweep.
//
// The agent speaks first, with its hello. After that each word gets exactly one reply, unless it is
// a heartbeat, which either side sends every kBeat, at any time, and which nobody answers. Times of
// day are CLOCK_REALTIME of the host that gets or gives them, in ns.
//
//   <- {"event":"agent","protocol":1,"host":HOSTNAME,"arch":"x86_64","pid":N,
//       "addresses":["10.77.0.1",...],          of all its devices, without prefix lengths
//       "machine":{...},                        machine_record()
//       "cores":[[0,2],[1,3]],                  the CPUs that it may use, by physical core
//       "numa_nodes":[[0,2],[1,3]],             likewise
//       "most_connections":N,                   most_connections() with all of those CPUs
//       "greeter":[{...},...],                  lines of greeter --list
//       "greeter-io_uring":[{...},...],         likewise; absent when it is not there
//       "binaries":{"greeter":{"sha256":"..."},...},   as in run.json
//       "build":{...},                          likewise
//       "state":[...],                          what is not as terraform/ansible left it
//       "doctor":[...],                         warnings_record()
//       "chrony":{"offset_ns":N,"bound_ns":N} | {"why":"chronyc: not found"},
//       "network":{...}|null}                   network_device_record(); of the `address` flag
//
//   -> {"do":"clock"}                   <- {"event":"clock","realtime_ns":N}
//   -> {"do":"serve","program":"greeter"|"greeter-io_uring","flags":[...],"cpus":[...]}
//        `cpus`: what the program may run on; empty: it pins its threads itself
//                                       <- {"event":"serving"}
//   -> {"do":"load","flags":[...],"connect_within_ns":N}
//        the flags say --start go       <- {"event":"connected","network_connecting":{...}}
//                                        | {"event":"cannot_connect","failures":{...},
//                                           "ending":"...","network_connecting":{...},
//                                           "errors":"..."}
//   -> {"do":"window","begin_ns":N,"end_ns":N,"cpus":[...]}
//        to the server's agent: it reads its host and its server at these instants
//                                       <- {"event":"windowed","server_window":{...},"host":{...},
//                                           "late_ns":[N,N]}   how late it read, at either edge
//   -> {"do":"go","start_ns":N,"warmup_ns":N,"duration_ns":N,"cpus":[...]}
//        to a client's agent            <- {"event":"report","report":{...},"host":{...},
//                                           "errors":"..."}    loadgen's line and its stderr
//   -> {"do":"stop"}                    <- {"event":"stopped","totals":{"requests":N,
//                                           "connections_accepted":N},"notes":[...],"errors":"..."}
//   -> {"do":"abandon"}                 <- {"event":"idle","errors":"..."}
//        at any time, also instead of waiting for a reply, which then does not come
//   either way, at any time: {"event":"beat"} from the agent, {"do":"beat"} to it
//
// `host` is what the host did in the window: HostWindow. A server's has "network_connecting", too:
// from `serving` until `window` came. Instead of the reply due there may be
//   <- {"event":"broken","reason":"the server exited with 1: ...","errors":"..."}   this trial
//   <- {"event":"cannot","reason":"...","errors":"..."}         no trial of this sweep could
// and the agent's programs have ended then. A word that is none, or comes where none is due, ends
// the agent with one line on stderr and exit code 2: both sides are one build.
#pragma once

#include <chrono>

namespace coresweep {

inline constexpr int kAgentProtocol = 1;
inline constexpr std::chrono::seconds kBeat{1};
/// Without a line for so long the other side is gone.
inline constexpr std::chrono::seconds kSilence{5};

}  // namespace coresweep
