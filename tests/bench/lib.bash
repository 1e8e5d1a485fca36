# shellcheck shell=bash
# Sourced by the benches: enters the private engines once, keeps HOME and git's
# configuration apart, measures, and prints medians. Measure a plain build:
# sanitizers cost two to three times the time and the memory.

set -u
bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$(dirname "$bench_dir")")
[ -n "${E2E_READY-}" ] || exec "$top/tests/e2e/with-engines" "$(readlink -f "$0")" "$@"
# shellcheck source=../../ci/lib/example.sh
. "$top/ci/lib/example.sh"

fail() {
	echo "$(basename "$0"): $1" >&2
	exit 1
}

program=$(command -v git-image) || fail "git-image is not built; set top_builddir"
! grep -q __asan_init "$program" || echo "note: this is a sanitizer build" >&2

work=$(mktemp -d)
export HOME=$work/home DOCKER_HOST=${E2E_DOCKER_SOCKET-} GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_DATE='@1700000000 +0000' GIT_COMMITTER_DATE='@1700000000 +0000'
unset CI XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME DOCKER_CONTEXT
mkdir -p "$HOME"
git config --global user.name "A Developer"
git config --global user.email developer@example.com
git config --global init.defaultBranch main

# microseconds: since the epoch.
microseconds() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# timed FILE COMMAND...: appends the milliseconds that COMMAND took to FILE;
# its output goes to FILE.out and .err. Stops the bench if it fails.
timed() {
	local file=$1 start
	shift
	start=$(microseconds)
	"$@" >"$file.out" 2>"$file.err" || { cat "$file".??? >&2; fail "'$*' failed"; }
	echo $((($(microseconds) - start) / 1000)) >>"$file"
}

# median FILE: of the numbers in it.
median() {
	sort -n "$1" | awk '{ a[NR] = $1 }
		END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'
}

# ratio A B LIMIT: prints A/B; fails over the limit.
ratio() {
	awk -v a="$1" -v b="$2" -v limit="$3" 'BEGIN {
		printf "ratio %.2f, at most %.2f allowed\n", a / b, limit
		exit a / b > limit
	}'
}

# row NAME TEXT
row() {
	printf '%-28s%s\n' "$1" "$2"
}

# peak_kib COMMAND...: prints the peak of its resident memory (VmHWM), read
# every 5 ms; its output goes to $work/peak.out.
peak_kib() {
	perl -e '
		my $output = shift;
		my $pid = fork // die;
		if (!$pid) {
			open STDOUT, ">", $output; open STDERR, ">&STDOUT";
			exec @ARGV or exit 127;
		}
		my $peak = 0;
		while (waitpid($pid, 1) == 0) {
			if (open my $in, "<", "/proc/$pid/status") {
				my ($kib) = join("", <$in>) =~ /VmHWM:\s+(\d+)/;
				$peak = $kib if $kib && $kib > $peak;
			}
			select undef, undef, undef, 0.005;
		}
		print "$peak\n";
		exit($? ? 1 : 0);' "$work/peak.out" "$@" ||
		{ cat "$work/peak.out" >&2; fail "'$*' failed"; }
}

# monorepo FOLDER FILES IMAGES: a repository without a work tree: images in six levels, each
# on one of the level above, the last of all with the whole tree as its context, where
# .dockerignore has to look into every folder. Enters it.
monorepo() {
	git init -q "$1" && cd "$1" || fail "cannot make a repository"
	perl -e '
		my ($files, $images) = @ARGV;
		my ($each, $step) = (int($files / $images), int($images / 6) || 1);
		sub file { print "M 644 inline $_[0]\ndata ", length $_[1], "\n$_[1]\n" }
		my $sections = "";
		print "commit refs/heads/main\ncommitter A <a\@example.com> 1700000000 +0000\n",
			"data 1\nx\n";
		for my $i (0 .. $images - 1) {
			my $name = sprintf "i%03d", $i;
			my $base = $i < $step ? "scratch" : sprintf "i%03d", $i - $step;
			my $is_last = $i == $images - 1;
			my $from = $is_last ? "images/$name" : ".";
			file("images/$name/Dockerfile",
				"FROM $base\nCOPY $from /$name\nCMD [\"x\"]\n");
			for my $k (2 .. $each) {
				file(sprintf("images/$name/d%02d/e%d/f%d", $k % 20, $k % 3, $k),
					"$i $k\n");
			}
			$sections .= "[image \"$name\"]\n";
			$sections .= "\tdockerfile = images/$name/Dockerfile\n";
			$sections .= "\tcontext = images/$name\n" if !$is_last;
		}
		file(".gitimage", $sections);
		file(".dockerignore", "**/*.pyc\n**/node_modules\n");
	' "$2" "$3" | git fast-import --quiet || fail "cannot fill the repository"
	git read-tree main
}

# change_one PATH TEXT: a commit that changes that file alone, without a work tree.
change_one() {
	local blob
	blob=$(printf '%s' "$2" | git hash-object -w --stdin) &&
		git update-index --add --cacheinfo "100644,$blob,$1" &&
		git update-ref refs/heads/main \
			"$(git commit-tree -p main -m "$2" "$(git write-tree)")" ||
		fail "cannot commit"
}
