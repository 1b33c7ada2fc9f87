#!/bin/sh
# First process of a sandbox (see sandbox.ts): sets up its private network and mounts, then becomes
# tini, which reaps what engines leave behind, and runs the command it was given.
set -eu

ip link set lo up

# A private /run hides the host's engine and keeps sockets of ours off it. Private copies of /etc and
# /opt take what dockerd and containerd write to fixed paths there. Their upper sides are on tmpfs,
# because overlay cannot stand on overlay where the host is itself a container.
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/netns
for folder in /etc /opt; do
  [ -d "$folder" ] || continue
  mkdir -p "/run/private$folder/upper" "/run/private$folder/work"
  mount -t overlay overlay "$folder" \
    -o "lowerdir=$folder,upperdir=/run/private$folder/upper,workdir=/run/private$folder/work"
done

# Debian's iptables comes in two kinds; which one works depends on the kernel.
tools="$DEPLOY_RIG_FOLDER/bin"
mkdir -p "$tools"
PATH="$tools:$PATH"
export PATH
chosen=''
for kind in nft legacy; do
  program=$(command -v "xtables-$kind-multi" || true)
  [ -n "$program" ] || continue
  for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -sf "$program" "$tools/$name"
  done
  if iptables --wait -t nat -N RIG-TRIAL 2>"$tools/$kind.error" &&
    iptables --wait -t nat -A RIG-TRIAL -j RETURN 2>"$tools/$kind.error"; then
    iptables --wait -t nat -F RIG-TRIAL
    iptables --wait -t nat -X RIG-TRIAL
    chosen=$kind
    break
  fi
done
if [ -z "$chosen" ]; then
  echo 'No iptables works in this kernel:' >&2
  cat "$tools"/*.error >&2 || true
  exit 1
fi

exec tini -g -- "$@"
