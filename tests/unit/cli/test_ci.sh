#!/usr/bin/env bash
# The hooks and the files for CI services, with git-image played by a script
# that writes down how it was called, and a registry of nothing.
# shellcheck source=../../lint/lib.sh
. "$top_srcdir/tests/lint/lib.sh"

for name in $(compgen -e GIT_) $(compgen -e CI) $(compgen -e GITHUB_); do
	unset "$name"
done
export HOME=$lint_tmp/home GIT_CONFIG_NOSYSTEM=1
export GIT_CEILING_DIRECTORIES=$lint_tmp PATH=$lint_tmp/bin:$PATH
mkdir -p "$HOME" "$lint_tmp/bin"
git config --global user.name "A Developer"
git config --global user.email developer@example.com
git config --global init.defaultBranch main
cat >"$lint_tmp/bin/git-image" <<'END'
#!/bin/sh
{
	printf 'git-image'
	printf ' <%s>' "$@"
	printf ' of %s commits\n' "$(git rev-list --count HEAD)"
} >>"$HOME/calls"
END
chmod +x "$lint_tmp/bin/git-image"

# yaml_block FILE KEY: the text of the (only) block "KEY: |", or of the
# blocks in the list "KEY:"; a name in front of a colon picks the step.
yaml_block() {
	awk -v key="$2" -v step="${3-}" '
	function indent(line) { match(line, /^ */); return RLENGTH }
	/^ *- name: / { name = $0; sub(/^ *- name: /, "", name) }
	in_block && NF && indent($0) <= outer { in_block = 0 }
	in_block {
		if (inner < 0)
			inner = indent($0)
		print substr($0, inner + 1)
		next
	}
	in_list && NF && indent($0) <= list { in_list = 0 }
	(step == "" || name == step) && $1 == key ":" {
		if ($2 == "|") { in_block = 1; outer = indent($0); inner = -1 }
		else { in_list = 1; list = indent($0) }
	}
	in_list && $1 == "-" && $2 == "|" { in_block = 1; outer = indent($0); inner = -1 }
	' "$top_srcdir/$1"
}

# origin: a repository of three commits that serves partial clones.
origin() {
	rm -rf "$lint_tmp/origin" "$lint_tmp/clone" "$HOME/calls"
	git init -q "$lint_tmp/origin"
	git -C "$lint_tmp/origin" config uploadpack.allowFilter true
	for name in one two three; do
		git -C "$lint_tmp/origin" commit -q --allow-empty -m "$name"
	done
}

# clone: what CI services check out.
clone() {
	origin
	git clone -q --depth 1 "file://$lint_tmp/origin" "$lint_tmp/clone"
	cd "$lint_tmp/clone" || exit
}

calls() {
	cat "$HOME/calls" 2>/dev/null
}

# github STEP [NAME=VALUE...]: as the runner executes a step.
github() {
	local step=$1
	shift
	yaml_block ci/github/action.yml run "$step" >"$lint_tmp/step.sh"
	[ -s "$lint_tmp/step.sh" ] || echo "no step '$step'"
	env "$@" bash --noprofile --norc -eo pipefail "$lint_tmp/step.sh"
}

github_run() {
	clone
	github "Install git-image"
	github "Deepen the history" INPUT_COMMAND="$1"
	github "git image" INPUT_COMMAND="$1" INPUT_COMMIT=HEAD INPUT_IMAGES="$2"
	calls
}

# Each input and secret reaches a script through the environment alone.
github_expressions() {
	local file
	for file in action workflow; do
		yaml_block "ci/github/$file.yml" run | sed -n '/\${{/p'
	done
}

# gitlab BRANCH: as the runner executes a job, in one shell.
gitlab() {
	clone
	{
		echo set -eo pipefail
		yaml_block ci/gitlab/git-image.gitlab-ci.yml script
	} >"$lint_tmp/job.sh"
	env CI_COMMIT_BRANCH="$1" CI_DEFAULT_BRANCH=main bash --noprofile --norc "$lint_tmp/job.sh"
	calls
}

release_mk() {
	clone
	echo "include $top_srcdir/ci/release.mk" >Makefile
	MAKEFLAGS='' make -s image IMAGES=web && MAKEFLAGS='' make -s release
	calls
}

scripts_of_ci() {
	local file key
	for file in github/action github/workflow gitlab/git-image.gitlab-ci; do
		for key in run before_script script; do
			yaml_block "ci/$file.yml" "$key" >"$lint_tmp/part.sh"
			bash -n "$lint_tmp/part.sh"
			! command -v shellcheck >/dev/null ||
				shellcheck -s bash -e SC1091,SC2154,SC2164 "$lint_tmp/part.sh"
		done
	done
}

# hook NAME PROGRAM: installed as the program does it.
hook() {
	origin
	cd "$lint_tmp/origin" || exit
	sed "s|@PROGRAM@|'$2'|" "$top_srcdir/hooks/$1" >.git/hooks/"$1"
	chmod +x .git/hooks/"$1"
}

post_commit() {
	hook post-commit "$lint_tmp/bin/git-image"
	git commit -q --allow-empty -m four
	calls
}

pre_push() {
	hook pre-push "$lint_tmp/bin/git-image"
	git init -q --bare "$lint_tmp/bare"
	git push -q "$lint_tmp/bare" main
	calls | sed "s|$lint_tmp|TMP|g"
}

program_gone() {
	hook post-commit "$lint_tmp/gone/git-image"
	git commit -q --allow-empty -m four 2>&1 | sed "s|$lint_tmp|TMP|g"
	git log -1 --format=%s
}

plan 10
finds "a release on GitHub, with all history" \
	'git-image <release> <--commit> <HEAD> <web> <api> of 3 commits' \
	github_run release 'web api'
finds "that other commands stay shallow there" \
	'git-image <make> <--commit> <HEAD> of 1 commits' github_run make ''
clean "no expression of GitHub stands in a script" github_expressions
finds "a release on GitLab, with the whole history" 'git-image <release> of 3 commits' gitlab main
finds "that other branches are only made there" 'git-image <make> of 1 commits' gitlab topic
finds "what make does" 'git-image <make> <web> of 1 commits
git-image <release> of 1 commits' release_mk
clean "the scripts for CI services are in order" scripts_of_ci
finds "what a commit does" 'git-image <hook> <run> <post-commit> <--> of 4 commits' post_commit
finds "what a push does" \
	'git-image <hook> <run> <pre-push> <--> <TMP/bare> <TMP/bare> of 3 commits' pre_push
finds "a program that is gone, which stops no commit" \
	"git-image is no longer at TMP/gone/git-image; 'rm .git/hooks/post-commit' removes this hook
four" program_gone
