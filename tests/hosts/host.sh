#!/bin/sh
# Becomes a host of the rig: the first process of its own namespaces, and in the end its sshd.
#   host.sh NAME ADDRESS FOLDER CPUS USER SSHD PACKAGES
# It says "made" once its namespaces are there, and goes on when a cable, e0, is in them and a line
# is on stdin. FOLDER has sshd_config, passwd, shadow and home; PACKAGES is what is unpacked there.
set -e
name=$1 address=$2 folder=$3 cpus=$4 user=$5 sshd=$6 packages=$7

hostname "$name"
# Its own network's cards, and the machine's control groups; not every machine lets it.
mkdir -p /run/cgroup
if mount --rbind /sys/fs/cgroup /run/cgroup 2>/dev/null; then
  mount -t sysfs none /sys 2>/dev/null && mount --rbind /run/cgroup /sys/fs/cgroup
  umount -l /run/cgroup
fi
mount -t tmpfs -o size=64m,mode=700 none "$folder/home"
mount --bind "$folder/passwd" /etc/passwd
# Without it sshd takes every account for a locked one.
mount --bind "$folder/shadow" /etc/shadow
# libfaketime shares its clock there, by a number that is some process of each host's.
mount -t tmpfs -o mode=1777 none /dev/shm
# chrony's socket and its process's number, and only its user may look in.
mkdir -p /run/chrony
mount -t tmpfs -o mode=750 none /run/chrony
mkdir -p /run/sshd
# A newer sshd starts others, by the one path that is compiled in.
if [ -e "$packages/usr/lib/openssh/sshd-session" ]; then
  mount --bind "$packages/usr/lib/openssh" /usr/lib/openssh
fi
ip link set lo up
echo made
read -r _
ip addr add "$address/24" dev e0
# The same each time it comes up: who knew it before finds it at once.
ip link set e0 address "02:00:0a:4d:00:$(printf %02x "${address##*.}")"
# No address of its own making, where there is IPv6.
ip link set e0 addrgenmode none 2>/dev/null || true
ip link set e0 up

# Of sshd alone: it gives a session an environment of its own.
for library in "$packages"/usr/lib/*-linux-gnu*; do
  [ ! -d "$library" ] || export LD_LIBRARY_PATH="$library"
done
set -- taskset -c "$cpus" "$sshd" -D -e -f "$folder/sshd_config"
if [ "$user" = bench ]; then
  # With one id there is nobody to separate privileges for; a user's own sshd does not try.
  set -- unshare --user --map-user=1000 --map-group=1000 "$@"
fi
exec "$@" >"$folder/log" 2>&1 </dev/null
