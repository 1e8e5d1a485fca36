# shellcheck shell=bash
# Sourced: the example service, a small web server that tells its own SHA.

# make_example SOURCE DIR: its files from SOURCE, with the machine's own
# static busybox, as a git repository in which nothing is committed yet.
make_example() {
	git init -q "$2" && cp -R "$1/." "$2" && mv "$2/gitimage" "$2/.gitimage" &&
		cp "$(command -v busybox)" "$2/busybox"
}
