# The front door only: every rule here is a few commands that can also be typed (CMakePresets.json).
# Debian gives matplotlib to its own python3 and not to another one that is first on PATH.
PYTHON ?= /usr/bin/python3
# `make INSTALL=true ...` takes the packages as they are, and what is of PyPI too.
INSTALL ?= cmake/install_packages.sh
# unpack(GROUP...)
unpack = $(if $(filter true,$(INSTALL)),true,cmake/unpack_package.sh $$($(INSTALL) --list $(1)))
install_wheels = $(if $(filter true,$(INSTALL)),true,cmake/install_wheels.sh $(PYTHON))

configure = cmake -DCORESWEEP_PYTHON=$(PYTHON) --preset
# These look at the clock: nothing runs beside them.
quiet = '^tests[.](beyond_reach|disturbed_sweep|doctor|hosts_fleet|hosts_rig|hosts_sweep|load_reports|merged_reports|others|probe|sweep|twins|uneven_load|verdicts)$$'
# Once is enough of these: they look at a sweep's outside, or run nothing of this build. What of theirs
# is C++ has its unit tests, which run under a sanitizer alone.
once = '^(plots|tests[.](again|agent|bad_input|bench_cloud|beyond_reach|cloud_down|compare|disturbed_sweep|doctor|explain|export|hdr|host_state|hosts_[a-z]+|list|load_reports|merged_reports|other_clients|others|packages|peer|peers|peers_command|peers_verified|plans|probe|report|report_page|resume|schema|statistics|sweep|terraform|terraform_aws|tree|twins|uneven_load|verdicts|wrong_peers))$$'
# These wait for deadlines, which no optimisation changes: under AddressSanitizer alone.
waiting = '^tests[.](lost_connections|patience)$$'
# A build beside the other tests takes what they leave of the CPUs.
aside := $(shell chrt --idle 0 true 2>/dev/null && echo chrt --idle 0 || echo nice -n 19)
# The two programs with threads; all else is single-threaded.
threaded = --tests-regex '^tests[.](architectures|engines|failing_servers|greeter|handlers|loadgen|placement|stopping)$$'
# tested(PRESET,WHICH): its tests; then those that are told to have been run again (tests/again.py).
tested = ctest --preset $(1) $(2); tested=$$?; \
  grep -as '^run again: ' build/$(1)/Testing/Temporary/LastTest.log
# ThreadSanitizer may need a fixed address space layout; some containers forbid asking for it.
fixed_layout := $(shell setarch -R true 2>/dev/null && echo setarch -R)

.PHONY: help bench bench-architectures bench-protocol bench-loadgen peers bench-peers \
  bench-connections bench-counters bench-trial bench-report test fuzz plots report arm64 \
  inventory-local bench-cloud cloud-smoke cloud-down clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-19s %s\n", $$1, $$2}' Makefile

# A new build folder needs no test packages; one that `make test` made is left as it is.
bench:  ## install, build, run the sweep of harness/plans/bench.json, draw it and write its report
	@$(INSTALL) build plot
	@$(install_wheels) plots/requirements.lock
	$(configure) release $(if $(wildcard build/release/CMakeCache.txt),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --target greeters loadgen coresweep
	build/release/bin/coresweep run bench --python $(PYTHON)

bench-architectures:  ## every architecture, timed and traced: harness/plans/architectures.json
	@$(INSTALL) build plot trace
	@$(install_wheels) plots/requirements.lock
	$(configure) release $(if $(wildcard build/release/CMakeCache.txt),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --target greeters loadgen coresweep
	build/release/bin/coresweep run architectures --python $(PYTHON)

bench-protocol:  ## what HTTP/2 costs: lean against nghttp2, loadgen against h2load (4 min)
	@$(INSTALL) build test
	$(configure) release $(if $(wildcard build/release/CMakeCache.txt),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --target greeter loadgen
	$(PYTHON) -B tests/protocol_bench.py

bench-loadgen:  ## what the client costs: beside h2load, with 10,000 connections, on time (4 min)
	@$(INSTALL) build test
	$(configure) release $(if $(wildcard build/release/CMakeCache.txt),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --target greeter loadgen
	$(PYTHON) -B tests/load_bench.py

# Of what a peer needs beside packages (Rust, Go, Envoy) nothing is installed: who lacks it is told.
peers:  ## build the servers of others that this machine can (servers/peers), and verify each
	@$(INSTALL) build test
	@$(call unpack,nginx)
	$(configure) release -DBUILD_TESTING=ON
	cmake --build --preset release --target greeters loadgen coresweep grpcpp_client
	build/release/bin/coresweep peers --build; built=$$?; \
	  CORESWEEP_BIN=$(CURDIR)/build/release/bin CORESWEEP_COMPILE=1 $(PYTHON) -B -m pytest -q -rs \
	    -p no:cacheprovider tests/peers_verified_test.py && exit $$built

# One that does not build, or fails a trial, is told and keeps nobody from the others.
bench-peers:  ## make peers, all of them beside ours (harness/plans/peers.json), then a CPU-second's worth (50 min)
	@$(INSTALL) plot
	@$(install_wheels) plots/requirements.lock
	$(MAKE) peers; built=$$?; \
	  build/release/bin/coresweep run peers --python $(PYTHON); swept=$$?; \
	  $(PYTHON) -B tests/peers_bench.py && exit $$((built > swept ? built : swept))

bench-connections:  ## what each architecture loses with 10,000 connections (7 to 12 min)
	@$(INSTALL) build test
	$(configure) release $(if $(wildcard build/release/CMakeCache.txt),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --target greeters loadgen
	$(PYTHON) -B tests/connections_bench.py

bench-trial:  ## what a trial costs beyond its warm-up and window (1 min)
	@$(INSTALL) build test
	$(configure) release $(if $(wildcard build/release/CMakeCache.txt),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --target greeters loadgen coresweep
	$(PYTHON) -B tests/trial_bench.py

bench-report:  ## what the report of a run of 2,000 trials costs (1 min)
	@$(INSTALL) plot
	@$(install_wheels) plots/requirements.lock
	$(PYTHON) -B plots/report_bench.py

bench-counters:  ## what the servers' counters cost, in instructions a request by callgrind (3 min)
	@$(INSTALL) build test trace
	$(configure) release $(if $(wildcard build/release/CMakeCache.txt),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --target greeter
	$(configure) release -B build/no-counters -DBUILD_TESTING=OFF -DCORESWEEP_COUNTERS=OFF
	cmake --build build/no-counters --target greeter
	$(PYTHON) -B tests/counters_bench.py

# Each further build goes on beside the tests before it; what it says comes after them.
test:  ## install, build and run every test, unit tests under a sanitizer, the programs with and without
	@$(INSTALL) build test plot cloud
	@$(call unpack,rig nginx)
	@$(install_wheels) plots/requirements.lock tests/requirements.lock
	$(configure) release -DBUILD_TESTING=ON
	cmake --build --preset release --target programs
	$(call tested,release,--tests-regex $(quiet)); exit $$tested
	mkdir -p build/asan build/tsan
	$(aside) sh -c '$(configure) asan && cmake --build --preset asan --target greeters loadgen unit_tests fuzzers' >build/asan/build.log 2>&1 & build=$$!; \
	  $(call tested,release,--tests-regex '^(plots|tests[.])' --exclude-regex $(quiet)'|'$(waiting)); \
	  tail --pid=$$build -n +1 -f build/asan/build.log; \
	  wait $$build && exit $$tested
	$(aside) sh -c '$(configure) tsan && cmake --build --preset tsan --target greeters loadgen' >build/tsan/build.log 2>&1 & build=$$!; \
	  $(call tested,asan,--exclude-regex $(once)); \
	  tail --pid=$$build -n +1 -f build/tsan/build.log; \
	  wait $$build && exit $$tested
	$(fixed_layout) $(call tested,tsan,$(threaded)); exit $$tested

SECONDS ?= 600
fuzz:  ## fuzz the protocol's sessions, plans and stored runs: make fuzz SECONDS=600, divided over the targets
	@$(INSTALL) build test fuzz
	$(configure) fuzz
	cmake --build --preset fuzz --target fuzzers
	protocol/fuzz/run.sh build/fuzz $(SECONDS)

plots:  ## draw all charts of a stored run again: make plots RUN=results/local/NAME
	$(if $(RUN),,$(error plots: RUN is missing: make plots RUN=results/local/NAME))
	@$(INSTALL) plot
	@$(install_wheels) plots/requirements.lock
	$(PYTHON) plots/charts.py "$(RUN)"

# All that the report says needs coresweep, which explains the headline.
report:  ## draw a stored run again and write its report: make report RUN=results/local/NAME
	$(if $(RUN),,$(error report: RUN is missing: make report RUN=results/local/NAME))
	@$(INSTALL) build plot
	@$(install_wheels) plots/requirements.lock
	$(configure) release $(if $(wildcard build/release/CMakeCache.txt),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --target coresweep
	build/release/bin/coresweep report "$(RUN)" --python $(PYTHON)

# Left out: the charts' tests, which run nothing of this build, those of child processes, because what
# a child inherits and why it cannot start are the emulator's there, not the kernel's, and what asks
# drivers or how many may wait at a listener, which the emulator does not pass on, and what counts on
# instructions that cost the same each time: translated they do not.
arm64:  ## cross-compile for arm64 and run the unit tests in an emulator
	@$(INSTALL) build arm64
	$(configure) arm64
	cmake --build --preset arm64
	ctest --test-dir build/arm64 --output-on-failure \
	  --exclude-regex '^(plots$$|ChildProcessTest[.]|ClientWork[.]|ListenOn[.]|ThisKernel[.]AnswersForLoopback$$)'

# terraform itself writes no file: it would need a provider for that. What it prints is in them.
# ssh puts the sockets of its connections into ~/.ssh, as ssh_config has it, and does not make that.
inventory-local:  ## of machines you have, what a sweep over them reads: make inventory-local HOSTS=hosts.tfvars
	$(if $(HOSTS),,$(error inventory-local: HOSTS is missing: make inventory-local HOSTS=hosts.tfvars))
	terraform -chdir=terraform/local init -input=false >/dev/null
	terraform -chdir=terraform/local apply -input=false -auto-approve -var-file="$(abspath $(HOSTS))" >/dev/null
	mkdir -p build/hosts
	mkdir -m 700 -p ~/.ssh
	terraform -chdir=terraform/local output -raw ssh_config >build/hosts/ssh_config
	terraform -chdir=terraform/local output -raw ansible_inventory >build/hosts/hosts.yml
	terraform -chdir=terraform/local output -json inventory >build/hosts/inventory.json
	@echo "build/hosts/inventory.json names the hosts, ssh_config beside it how they are reached; next:"
	@echo "$$(terraform -chdir=terraform/local output -raw command)"

PLAN ?= bench
bench-cloud:  ## deploy, tune, verify, sweep, fetch and draw: make bench-cloud [PLAN=bench] [HOSTS=build/hosts/inventory.json]
	@$(INSTALL) build plot cloud
	@$(install_wheels) plots/requirements.lock
	$(configure) release $(if $(wildcard build/release/CMakeCache.txt),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --target coresweep
	PYTHON=$(PYTHON) terraform/bench_cloud.sh "$(PLAN)" $(if $(HOSTS),"$(HOSTS)")

cloud-smoke:  ## all of it once on EC2's smallest pair that builds: 15 minutes, about 10 cents, then nothing is left
	@$(INSTALL) build plot cloud
	@$(install_wheels) plots/requirements.lock
	$(configure) release $(if $(wildcard build/release/CMakeCache.txt),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --target coresweep
	PYTHON=$(PYTHON) terraform/cloud_smoke.sh

cloud-down:  ## destroy what terraform/aws made, and ask AWS whether anything of it is left
	terraform/cloud_down.sh

clean:  ## remove build/ (results stay)
	rm -rf build
