#!/usr/bin/env bash
# login and logout, against the scripted registry of tests/fake/peer.
# shellcheck source=../../lint/lib.sh
. "$top_srcdir/tests/lint/lib.sh"

for name in $(compgen -e GIT_) $(compgen -e CI) $(compgen -e GITHUB_) DOCKER_AUTH_CONFIG \
	DOCKER_CONFIG REGISTRY_AUTH_FILE XDG_CONFIG_HOME http_proxy https_proxy; do
	unset "$name"
done
export HOME=$lint_tmp/home XDG_RUNTIME_DIR=$lint_tmp/run GIT_CONFIG_NOSYSTEM=1
export GIT_CEILING_DIRECTORIES=$lint_tmp PATH=$lint_tmp/bin:$PATH
mkdir -p "$HOME" "$lint_tmp/bin" "$lint_tmp/work"
cd "$lint_tmp/work" || exit
program=${top_builddir:?}/git-image
config=$HOME/.docker/config.json
password=canary-of-the-user

# start [OPTION...]: a registry; sets PEER to its HOST:PORT.
start() {
	rm -f "$lint_tmp/listeners"
	"$top_srcdir/tests/fake/peer" --ledger "$lint_tmp/ledger" --log "$lint_tmp/log" \
		--user "me:$password" "$@" >"$lint_tmp/listeners" 2>"$lint_tmp/complaints" &
	PEER_PID=$!
	until grep -qsx '' "$lint_tmp/listeners"; do
		kill -0 $PEER_PID || { cat "$lint_tmp/complaints"; exit 1; }
		sleep 0.05
	done
	PEER=$(sed -n 's/^main //p' "$lint_tmp/listeners")
}

stop() {
	kill "$PEER_PID"
	wait "$PEER_PID" 2>/dev/null
}

# run [PASSWORD] -- WORD...: git-image without a terminal; what it says, without
# what differs from run to run, and its exit code. A password that it says stays.
run() {
	local input=
	[ "$1" = -- ] || { input=$1; shift; }
	shift
	rm -f "$lint_tmp/log" "$lint_tmp/ledger"
	printf '%s\n' "$input" | setsid -w "$program" "$@" >"$lint_tmp/out" 2>&1
	echo "exit $?" >>"$lint_tmp/out"
	sed "s|$PEER|PEER|g; s|$HOME|HOME|g; s|after [0-9]* ms|after 0 ms|
		/^note: .* did not answer/d
		/^warning: .* is not encrypted/d" "$lint_tmp/out"
}

kept() {
	/usr/bin/env python3 -c 'import json, sys
print(json.dumps(json.load(sys.stdin)["auths"], separators=(",", ":")))' <"$config"
}

good() {
	run "$password" -- login -u me --password-stdin "$PEER"
	kept | sed "s|$PEER|PEER|; s|$(printf 'me:%s' "$password" | base64 -w0)|BASE64|"
	stat -c %a "$config"
	sed 's|^[^ ]* ||' "$lint_tmp/log"
}

bearer() {
	rm -rf "$HOME/.docker"
	start --auth bearer --service my
	good
	run "wrong" -- login -u me --password-stdin "$PEER"
	stop
}

warned() {
	rm -rf "$HOME/.docker"
	run "$password" -- login -u me --password-stdin "$PEER" >/dev/null
	sed -n "s|$HOME|HOME|; s|; .*||; /^warning/p" "$lint_tmp/out"
}

nothing_kept() {
	rm -rf "$HOME/.docker"
	run "${2-wrong}" -- login -u me --password-stdin "${1-$PEER}"
	[ ! -e "$config" ] || echo "kept"
}

out_again() {
	good >/dev/null
	run -- logout "http://$PEER/v2/"
	kept
	run -- logout "$PEER"
}

as_json() {
	run "$password" -- --json login -u me --password-stdin "$PEER" | grep -v '"warning"' |
		sed 's/"v":1,"type":"login",//'
	run -- --json logout "$PEER" | sed 's/"v":1,"type":"logout",//'
}

dry() {
	rm -rf "$HOME/.docker"
	run "$password" -- --dry-run login -u me --password-stdin "$PEER"
	[ ! -e "$config" ] || echo "kept"
}

broken_file() {
	mkdir -p "$HOME/.docker"
	echo '{' >"$config"
	run "$password" -- login -u me --password-stdin "$PEER"
	run -- logout "$PEER"
	rm "$config"
}

# helper NAME: what docker's config names; it notes what it is told.
helper() {
	mkdir -p "$HOME/.docker"
	echo "{\"credsStore\": \"$1\"}" >"$config"
	printf '#!/bin/sh\ncat >"%s/told"\n' "$lint_tmp" >"$lint_tmp/bin/docker-credential-good"
	printf '#!/bin/sh\necho it is locked; exit 1\n' \
		>"$lint_tmp/bin/docker-credential-locked"
	chmod +x "$lint_tmp/bin/docker-credential-"*
}

by_helper() {
	helper good
	run "$password" -- login -u me --password-stdin "$PEER"
	sed "s|$PEER|PEER|" "$lint_tmp/told"
	echo
	cat "$config"
	helper locked
	run "$password" -- login -u me --password-stdin "$PEER"
	run -- logout "$PEER"
	helper absent
	run "$password" -- login -u me --password-stdin "$PEER"
	rm "$config"
}

# A commit's registry gets no password that nobody saw go there.
default_registry() {
	git init -q . && git config user.name me && git config user.email me@example.com
	run "$password" -- login -u me --password-stdin
	printf '[image]\n\tregistry = %s/team\n' "$PEER" >.gitimage
	git add .gitimage && git commit -qm one
	run "$password" -- login -u me --password-stdin
	git config image.registry "$PEER/team"
	run "$password" -- login -u me --password-stdin
	run -- logout
	git config --unset image.registry
	run -- logout
	rm -rf .git .gitimage
}

wrong_words() {
	local word
	for word in app https://app "$PEER/team" ../x; do
		run "$password" -- login -u me --password-stdin "$word" | head -1
	done
	run "$password" -- login -p "$password" "$PEER"
	run "$password" -- login --password-stdin "$PEER"
	run -- login -u me "$PEER"
	run "" -- login -u me --password-stdin "$PEER"
	run $'a\tb' -- login -u me --password-stdin "$PEER"
}

# What is closed is no other file of ours.
closed_streams() {
	rm -rf "$HOME/.docker"
	"$program" login -u me --password-stdin "$PEER" <&- 2>&1
	echo "exit $?"
	printf '%s' "$password" | "$program" login -u me --password-stdin "$PEER" >&- 2>&-
	echo "exit $?"
	kept | sed "s|$PEER|PEER|; s|$(printf 'me:%s' "$password" | base64 -w0)|BASE64|"
}

# typed WORD...: git-image on a terminal, where each question gets its answer.
typed() {
	/usr/bin/env python3 - "$program" "$@" <<-'END' | tr -d '\r' |
	import os, pty, select, signal, sys
	pid, terminal = pty.fork()
	if not pid:
	    signal.signal(signal.SIGINT, signal.SIG_DFL)
	    os.execv(sys.argv[1], sys.argv[1:])
	said, answers = b"", {b"User at": b"me\n", b"Password": os.environb[b"ANSWER"] + b"\n"}
	while select.select([terminal], [], [], 20)[0]:
	    try:
	        part = os.read(terminal, 4096)
	    except OSError:
	        break
	    said += part
	    for question in [q for q in answers if q in said and said.endswith(b": ")]:
	        os.write(terminal, answers.pop(question))
	else:
	    os.kill(pid, signal.SIGKILL)
	print(said.decode(), end="")
	print("exit", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
		sed "s|$PEER|PEER|g; s| *$||; /is not encrypted/d; /credsStore names/d"
}

at_a_terminal() {
	rm -rf "$HOME/.docker"
	ANSWER=$password typed login "$PEER"
	kept | grep -c "$PEER"
	ANSWER=wrong typed login "$PEER" | sed -n '1,2p; $p'
	ANSWER=$'\x03' typed login "$PEER" | tail -1
}

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=test -addext subjectAltName=IP:0.0.0.0 \
		-keyout "$lint_tmp/key" -out "$lint_tmp/ca.crt" 2>/dev/null
}

# Where docker would look for what the test puts there.
trust() {
	mkdir -p "$HOME/.config/docker/certs.d/$PEER"
	cp "$lint_tmp/$1" "$HOME/.config/docker/certs.d/$PEER/$2"
}

tls() {
	start --tls "$lint_tmp/ca.crt" "$lint_tmp/key" --listen main=https://0.0.0.0:0 "$@"
}

own_authority() {
	tls
	nothing_kept "$PEER" "$password" | sed 's/SSL.*problem/SSL/'
	trust ca.crt any-name.crt
	run "$password" -- login -u me --password-stdin "$PEER"
	stop
}

# One that the peer's authority did not make.
wrong_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=me \
		-keyout "$lint_tmp/another.key" -out "$lint_tmp/another.crt" 2>/dev/null
	trust another.crt another.cert
	trust another.key another.key
	nothing_kept "$PEER" "$password" | tail -2
}

# With TLS 1.3 what a server says about our certificate is often lost with the
# connection; this one hangs up on whoever it has asked for one.
hang_up() {
	/usr/bin/env python3 - "$lint_tmp" >"$lint_tmp/port" <<-'END' &
	import socket, ssl, struct, sys
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain(sys.argv[1] + "/ca.crt", sys.argv[1] + "/key")
	context.load_verify_locations(sys.argv[1] + "/ca.crt")
	context.verify_mode = ssl.CERT_OPTIONAL
	listener = socket.create_server(("0.0.0.0", 0))
	print(listener.getsockname()[1], flush=True)
	while True:
	    try:
	        connection = context.wrap_socket(listener.accept()[0], server_side=True)
	        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
	        connection.close()
	    except OSError:
	        pass # the client has gone
	END
	PEER_PID=$!
	until [ -s "$lint_tmp/port" ]; do
		kill -0 $PEER_PID || exit 1
		sleep 0.05
	done
	PEER=0.0.0.0:$(cat "$lint_tmp/port")
	trust ca.crt ca.crt
	nothing_kept "$PEER" "$password" | sed 's/^error: .*, after/.../'
	stop
}

own_certificate() {
	tls --client-ca "$lint_tmp/ca.crt"
	trust ca.crt ca.crt
	nothing_kept "$PEER" "$password" | tail -2
	wrong_certificate
	rm "$HOME/.config/docker/certs.d/$PEER/another."*
	trust ca.crt me.cert
	run "$password" -- login -u me --password-stdin "$PEER"
	trust key me.key
	run "$password" -- login -u me --password-stdin "$PEER"
	stop
}

pass_phrase() {
	tls --client-ca "$lint_tmp/ca.crt"
	openssl pkey -in "$lint_tmp/key" -aes256 -passout pass:x -out "$lint_tmp/locked.key"
	trust ca.crt ca.crt
	trust ca.crt me.cert
	trust locked.key me.key
	NO_COLOR=1 ANSWER=$password typed login "$PEER" | sed "s|$HOME|HOME|"
	stop
}

# A token server elsewhere, for which the registry's own authority vouches.
token_server() {
	local auth
	tls --listen auth=https://0.0.0.0:0 --token-server auth --auth bearer
	trust ca.crt ca.crt
	trust ca.crt another.crt
	auth=$(sed -n 's/^auth //p' "$lint_tmp/listeners")
	nothing_kept "$PEER" "$password" | sed "s|$auth|AUTH|"
	git config --global image.tokenServer "$auth"
	run "$password" -- login -u me --password-stdin "$PEER"
	git config --global --unset image.tokenServer
	cut -f1,2 "$lint_tmp/ledger"
	stop
}

# No password over HTTP unless somebody wants it so; never instead of HTTPS.
plain_http() {
	start --listen main=http://0.0.0.0:0
	nothing_kept "$PEER" "$password" | sed 's/^\(error: cannot log in: .PEER.: \).*/\1.../'
	cat "$lint_tmp/ledger" 2>/dev/null
	git config --global image.plainHttp "$PEER"
	run "$password" -- login -u me --password-stdin "$PEER"
	git config --global --unset image.plainHttp
	stop
}

plan 20
start --auth basic
finds "a password that is right" "logged in to 'PEER' as 'me'
exit 0
{\"PEER\":{\"auth\":\"BASE64\"}}
600
GET /v2/ 401
GET /v2/ 200" good
finds "the warning for a file" "warning: 'HOME/.docker/config.json' is not encrypted: whoever \
reads it has the password" warned
finds "a password that is wrong, tried once" \
	"error: cannot log in: 'PEER': the registry answered 401: authentication required
hint: the credentials for 'PEER' are wrong or do not allow this
exit 7" nothing_kept
finds "nobody to ask" "error: cannot log in: '127.0.0.1:1': Failed to connect to 127.0.0.1 port 1 \
after 0 ms: Couldn't connect to server: Connection refused
hint: 'git image doctor' checks engine and registry
exit 8" nothing_kept 127.0.0.1:1
finds "the way out, once" "logged out of 'PEER'
exit 0
{}
not logged in to 'PEER'
exit 0" out_again
finds "both for machines" '{"registry":"PEER","user":"me","kept":"HOME/.docker/config.json"}
exit 0
{"registry":"PEER","erased":["HOME/.docker/config.json"]}
exit 0' as_json
finds "a dry run" "note: dry run: the credentials are not kept
exit 0" dry
finds "a file that is none" "error: cannot log in: cannot keep the credentials for 'PEER': \
'HOME/.docker/config.json': JSON: not valid at byte 1 of 2
exit 3
error: cannot erase the credentials for 'PEER': 'HOME/.docker/config.json': JSON: not valid at \
byte 1 of 2
exit 3" broken_file
finds "helpers" "logged in to 'PEER' as 'me'
exit 0
{\"ServerURL\":\"PEER\",\"Username\":\"me\",\"Secret\":\"$password\"}
{\"credsStore\": \"good\"}
error: cannot log in: cannot keep the credentials for 'PEER': 'docker-credential-locked' ended \
with exit code 1: it is locked
hint: check the credentials and what they may do
exit 7
error: cannot erase the credentials for 'PEER': 'HOME/.docker/config.json': \
'docker-credential-locked' ended with exit code 1: it is locked
hint: check the credentials and what they may do
exit 7
error: cannot log in: cannot keep the credentials for 'PEER': the program \
'docker-credential-absent' is not there
exit 3" by_helper
finds "the registry of the configuration" "error: which registry?
hint: name it, or: git config image.registry HOST
exit 2
error: which registry?
hint: only the commit says 'PEER/team': if it is meant, name it here
exit 2
logged in to 'PEER' as 'me'
exit 0
logged out of 'PEER'
exit 0
not logged in to 'PEER'
exit 0" default_registry
finds "words that are wrong" "error: 'app' is no registry
error: 'app' is no registry
error: 'PEER/team' is more than a registry
error: '..' is no registry
error: 'login' has no option '-p'
hint: 'git image -h' lists commands and options
exit 2
error: there is no terminal to ask on
hint: say it with --username
exit 2
error: there is no terminal to ask on
hint: say it with --password-stdin
exit 2
error: standard input holds no password
exit 3
error: a control character in the password
exit 3" wrong_words
finds "streams that are closed" "error: standard input holds no password
exit 3
exit 0
{\"PEER\":{\"auth\":\"BASE64\"}}" closed_streams
finds "answers at a terminal, the password unseen" "User at PEER: me
Password of me at PEER:
logged in to 'PEER' as 'me'
exit 0
1
User at PEER: me
Password of me at PEER:
exit 7
exit 130" at_a_terminal
stop
finds "a token server, and a password that it refuses" "logged in to 'PEER' as 'me'
exit 0
{\"PEER\":{\"auth\":\"BASE64\"}}
600
GET /v2/ 401
GET /token?service=my 200
GET /v2/ 200
error: cannot log in: 'PEER': the token server '127.0.0.1' answered 401: incorrect username or \
password
hint: the credentials for 'PEER' are wrong or do not allow this
exit 7" bearer
certificate
finds "an authority of one's own" "error: cannot log in: 'PEER': SSL: self-signed certificate
hint: put the certificate of its CA, ca.crt, into /etc/docker/certs.d/PEER or \
~/.config/docker/certs.d/PEER
exit 7
logged in to 'PEER' as 'me'
exit 0" own_authority
finds "a certificate of one's own" "hint: put your certificate and key, NAME.cert and NAME.key, \
into /etc/docker/certs.d/PEER or ~/.config/docker/certs.d/PEER
exit 7
hint: 'HOME/.config/docker/certs.d/PEER/another.cert' is not what it wants
exit 7
error: cannot log in: 'HOME/.config/docker/certs.d/PEER': me.cert and me.key belong together
exit 3
logged in to 'PEER' as 'me'
exit 0" own_certificate
finds "a key whose pass phrase nobody is asked for" "User at PEER: me
Password of me at PEER:
error: cannot log in: 'PEER': unable to set private key file: \
'HOME/.config/docker/certs.d/PEER/me.key' type PEM
exit 3" pass_phrase
finds "a server that hangs up on who shows no certificate" "... it asked for a certificate of ours
hint: put your certificate and key, NAME.cert and NAME.key, into /etc/docker/certs.d/PEER or \
~/.config/docker/certs.d/PEER
exit 7" hang_up
finds "a token server that the user trusts" "error: cannot log in: 'PEER': the registry names \
the private address '0.0.0.0' as its token server
hint: if you trust it: git config --global --add image.tokenServer AUTH
exit 10
logged in to 'PEER' as 'me'
exit 0
auth	basic
main	bearer" token_server
finds "plain HTTP that the user wants" "error: cannot log in: 'PEER': ...
hint: it speaks no TLS; if you mean that: git config --global --add image.plainHttp PEER
exit 8
logged in to 'PEER' as 'me'
exit 0" plain_http
