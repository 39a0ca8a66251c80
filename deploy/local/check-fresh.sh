#!/usr/bin/env bash
# Proves `make test` and `make run ONCE=1` on a fresh machine: a minimal Debian, made from this host's apt sources, with only
# make, git and ca-certificates in it. Once as root; once as a plain user, whose first call must say the one line to type.
# AS=root, AS=user: one half alone. QUICK=1 proves only the install and the servers. Needs root (mount and pid namespaces); the network is the host's.
set -euo pipefail

cd "$(dirname "$0")/../.."
checkout=$(pwd -P)
export LC_ALL=C.UTF-8
limit_s=${LIMIT_S:-2400} # of each command inside
port_base=22500          # make run's ports: apart from those of a stack that runs on the host
settings=(http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE
    CURL_CA_BUNDLE PIP_CERT PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_DEFAULT_TIMEOUT MAVEN_OPTS
    JAVA_TOOL_OPTIONS NODE_EXTRA_CA_CERTS GIT_SSL_CAINFO)

[ "$(id -u)" -eq 0 ] || { echo 'check-fresh makes a Debian of its own and enters it: run it as root' >&2; exit 1; }
if ! command -v mmdebstrap >/dev/null; then
    echo 'Installing mmdebstrap'
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends mmdebstrap; } >/dev/null
fi

work=$(mktemp -d "${TMPDIR:-/var/tmp}/phoihop-fresh.XXXXXX")
chmod 755 "$work"
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

# say WHAT COMMAND...: the command's output goes to a log, shown when it fails
say() {
    local what=$1 began=$SECONDS code=0
    shift
    printf '%s ... ' "$what"
    "$@" >"$work/log" 2>&1 </dev/null || code=$?
    if [ "$code" -ne 0 ]; then
        printf 'failed (%s) after %s s\n' "$code" $((SECONDS - began))
        tail -n 80 "$work/log"
        exit 1
    fi
    printf '%s s\n' $((SECONDS - began))
}

# What this host says about how to reach packages: apt settings that no package brought, CA files, clients' settings.
copy_settings() {
    local root=$1 file
    for file in /etc/apt/apt.conf.d/* /etc/resolv.conf /etc/hosts /etc/pip.conf /usr/local/share/ca-certificates/* \
        /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/java/cacerts /etc/default/cacerts; do
        [ -f "$file" ] || continue
        case $file in /etc/apt/*) dpkg -S "$file" >/dev/null 2>&1 && continue ;; esac
        install -D -m 644 "$file" "$root$file"
    done
}

copy_home_settings() {
    local home=$1 file
    for file in .npmrc .pip/pip.conf .config/pip/pip.conf .m2/settings.xml; do
        [ -f "$HOME/$file" ] && install -D -m 644 "$HOME/$file" "$home/$file"
    done
    return 0
}

make_debian() {
    local options=() sources=() file
    for file in /etc/apt/apt.conf.d/*; do
        dpkg -S "$file" >/dev/null 2>&1 || case $file in */docker-*) ;; *) options+=("--aptopt=$file") ;; esac
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [ -s "$file" ] && sources+=("$file")
    done
    # shellcheck disable=SC1091
    mmdebstrap --quiet --variant=minbase --include=make,git,ca-certificates "${options[@]}" \
        "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/minimal" "${sources[@]}"
    copy_settings "$work/minimal"
    chroot "$work/minimal" update-ca-certificates
}

# inside ROOT USER HOME COMMAND: a shell command in the checkout there, with namespaces of its own that end with it
inside() {
    local root=$1 user=$2 home=$3 command=$4 name environment=()
    for name in "${settings[@]}"; do
        [ -n "${!name:-}" ] && environment+=("$name=${!name}")
    done
    timeout --kill-after=10 "$limit_s" unshare --mount --pid --ipc --uts --fork --kill-child bash -c '
        set -e
        root=$1 user=$2
        shift 2
        mount -t proc proc "$root/proc"
        mount -t tmpfs -o mode=755 tmpfs "$root/dev"
        for device in null zero full random urandom tty; do
            : >"$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"
        done
        mkdir -m 1777 "$root/dev/shm" && mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        ln -s /proc/self/fd "$root/dev/fd"
        for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%%:*}" "$root/dev/${number#*:}"; done
        chroot --userspec="$user" "$root" "$@"
    ' inside "$root" "$user" env -i "HOME=$home" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        TERM=dumb "PORT_BASE=$port_base" "${environment[@]}" sh -c "cd '$home'; cd phoi-hop 2>/dev/null; $command"
}

both_commands() {
    local root=$1 user=$2 home=$3
    if [ "${QUICK:-0}" = 1 ]; then
        say '  make install' inside "$root" "$user" "$home" 'make install'
        say '  the servers' inside "$root" "$user" "$home" \
            '.venv/bin/python -m pytest -q tests/integration/stack/test_servers.py'
        return
    fi
    say '  make test' inside "$root" "$user" "$home" 'make test'
    tail -n 1 "$work/log"
    say '  make run ONCE=1' inside "$root" "$user" "$home" 'make run ONCE=1'
}

commit=$(git rev-parse HEAD) # of both halves, whatever is committed meanwhile
clone() { git clone --quiet --no-hardlinks "file://$checkout" "$1" && git -C "$1" reset --quiet --hard "$commit"; }

say 'Minimal Debian' make_debian

prove_as_root() {
    local root=$work/as-root
    echo 'As root'
    cp -a "$work/minimal" "$root"
    copy_home_settings "$root/root"
    say '  clone' clone "$root/root/phoi-hop"
    both_commands "$root" root:root /root
    rm -rf --one-file-system "$root"
}

as_user=$work/as-user home=/home/dev
first() { # make's own exit code is always 2, so the code of the script under it is asked too
    local code=0
    inside "$as_user" dev:dev "$home" 'make test' >"$work/first" 2>&1 && return 1
    cat "$work/first"
    inside "$as_user" dev:dev "$home" 'sh deploy/local/bootstrap.sh' >/dev/null 2>&1 || code=$?
    [ "$code" -eq 3 ] && [ "$(grep -c '^apt-get ' "$work/first")" -eq 1 ]
}

prove_as_user() {
    local line
    echo 'As a plain user'
    mv "$work/minimal" "$as_user"
    say '  add the user' chroot "$as_user" useradd --create-home --shell /bin/sh dev
    copy_home_settings "$as_user$home"
    say '  clone' clone "$as_user$home/phoi-hop"
    say '  give it to the user' chroot "$as_user" chown -R dev:dev "$home"
    say '  first call: exit code 3 and one line to type' first
    line=$(grep '^apt-get ' "$work/first")
    echo "  root types: $line"
    say '  that line' inside "$as_user" root:root /root "cd / && export DEBIAN_FRONTEND=noninteractive && $line"
    both_commands "$as_user" dev:dev "$home"
}

case ${AS:-both} in
    root) prove_as_root ;;
    user) prove_as_user ;;
    both) prove_as_root; prove_as_user ;;
    *) echo "AS is ${AS}: root or user" >&2; exit 2 ;;
esac
who=${AS:-root and as a plain user}
who=${who/#user/a plain user}
if [ "${QUICK:-0}" = 1 ]; then
    echo "A fresh machine installs and starts the servers, as $who; the two commands were not tried."
else
    echo "A fresh machine runs both commands, as $who."
fi
