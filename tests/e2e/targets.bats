#!/usr/bin/env bats
# Targets besides registries: an OCI image layout and an archive for docker load.
# engines: docker docker26c podman
load lib/helper

# no_registry DIR: the example without any registry.
no_registry() {
	service "$1"
	git config --global image.app.repository team/app
}

# layout_tags FOLDER: the tags that the layout has, sorted, on one line.
layout_tags() {
	jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' "$1/index.json" |
		sort | xargs
}

# layout_env FOLDER TAG NAME: the variable's value in the image's configuration.
layout_env() {
	skopeo inspect --config "oci:$1:$2" | jq -r --arg name "$3" \
		'.config.Env[] | select(startswith($name + "=")) | ltrimstr($name + "=")'
}

@test "an image layout is published to as a registry is" {
	no_registry app
	git config --global image.app.tag '{branch}'
	commit first
	first=$(sha)
	must git image release --to oci:../images
	is "the tags" "$(layout_tags ../images)" "$(tags "$(sha7)" latest main)"
	is "SHA" "$(layout_env ../images "$(sha7)" SHA)" "$(sha)"
	is "what else there is" "$(ls -A ../images)" $'blobs\nindex.json\noci-layout'
	change second
	commit second
	must git image release --to oci:../images
	is ":latest" "$(layout_env ../images latest SHA)" "$(sha)"
	is "the tags" "$(layout_tags ../images)" "$(tags "${first:0:7}" "$(sha7)" latest main)"
	must git image release --to oci:../images --commit "$first"
	matches "notice" "$errors" "superseded"
	is ":latest" "$(layout_env ../images latest SHA)" "$(sha)"
	index=$(cat ../images/index.json)
	must git image release --to oci:../images
	is "the index" "$(cat ../images/index.json)" "$index"
	must skopeo copy -q --dest-tls-verify=false "oci:../images:$(sha7)" \
		"docker://$REPOSITORY:copied"
	is "the copy" "$(remote_env "$APP" copied SHA)" "$(sha)"
}

@test "what others have in an image layout stays, and their tags are no target" {
	no_registry app
	commit first
	must git image release --to oci:../images
	change second
	commit second
	git config --global image.app.repository team/other
	must_fail 9 "latest.*holds 'team/app:latest'" git image release --to oci:../images
	mkdir ../documents
	echo text >../documents/text
	must_fail 3 "holds something else" git image publish --to oci:../documents
	is "the folder" "$(ls -A ../documents)" text
}

@test "an archive is loaded with all tags, and is the same each time" {
	no_registry app
	git config --global image.app.tag stable
	commit first
	must git image release --to docker-archive:../app.tar
	is "the folder" "$(ls -A ..  | grep tar)" app.tar
	must git image publish --to docker-archive:../again.tar
	cmp ../app.tar ../again.tar
	is "SHA" "$(skopeo inspect --config "docker-archive:../app.tar:team/app:$(sha7)" |
		jq -r '.config.Env[] | select(startswith("SHA="))')" "SHA=$(sha)"
	is "layers" "$(tar -xOf ../app.tar "$(tar -xOf ../app.tar manifest.json |
		jq -r '.[0].Layers[0]')" | tar -t | head -1)" "bin/"
	id=$(image_id team/app:latest)
	for tag in latest "$(sha7)" stable; do
		engine_api DELETE "/images/team/app:$tag?force=1" >/dev/null || true
	done
	engine_api POST /images/load --data-binary @../app.tar -H 'Content-Type: application/x-tar'
	is "the image" "$(image_id team/app:stable)" "$id"
}

@test "without a registry a release says so before it builds" {
	no_registry app
	git config --global image.app.repository "$APP"
	commit first
	must_fail 3 "error: no registry is set for '$APP'" git image release
	matches "hint" "$errors" "git config image.registry HOST"
	is "the image" "$(image_id "$APP:$(sha7)")" null
	[[ "$errors" != *build* ]]
}

@test "two images do not share a target" {
	no_registry app
	put .gitimage <<-'END'
		[image "app"]
			test = /test
		[image "web"]
			test = /test
	END
	commit first
	must_fail 3 "two images both go to 'oci:../images'" git image release --to oci:../images
	matches "hint" "$errors" "name one of them, or set image.NAME.to for each"
	[ ! -e ../images ]
}

@test "what the image stands on is made and tried, but not sent to its target" {
	no_registry app
	printf '[image "web"]\n\tparent = app\n\ttest = /test\n' >>.gitimage
	git config --global image.web.repository team/web
	commit first
	for target in oci:../images docker-archive:../web.tar; do
		must git image release --to "$target" web
	done
	is "the tags" "$(layout_tags ../images)" "$(tags "$(sha7)" latest)"
	is "the archive" "$(tar -xOf ../web.tar manifest.json | jq -r '.[].RepoTags[]' | sort)" \
		"$(printf 'team/web:%s\n' "$(sha7)" latest)"
	is "trials" "$(git notes --ref=image show | jq -r 'select(.kind == "trial") | .image' |
		sort -u | xargs)" "app web"
}

@test "several platforms go to a layout as one index, to an archive not at all" {
	no_registry app
	for_two_platforms
	commit first
	# Podman would take the other platform's image from its cache.
	must git image release --no-cache --to oci:../images
	is "the tags" "$(layout_tags ../images)" "$(tags "$(sha7)" "$(sha7)-${own/\//-}" \
		"$(sha7)-linux-s390x" latest)"
	is "platforms" "$(skopeo inspect --raw oci:../images:latest |
		jq -r '.manifests[].platform | "\(.os)/\(.architecture)"' | sort)" \
		"$(printf '%s\n' "$own" linux/s390x | sort)"
	must_fail 3 "a Docker archive has room for one platform" \
		git image publish --to docker-archive:../app.tar
	[ ! -e ../app.tar ]
}

@test "a layout whose publication was killed is a layout, and is finished" {
	no_registry app
	commit first
	must git image make
	for delay in 0.02 0.05 0.1 0.15 0.2 0.3; do
		change "$delay"
		commit "$delay"
		must git image make
		timeout -s KILL "$delay" git image publish --to oci:../images || true
		[ ! -e ../images/index.json ] || jq -e .manifests ../images/index.json >/dev/null
		must git image publish --to oci:../images
		is "SHA" "$(layout_env ../images latest SHA)" "$(sha)"
	done
	is "what else there is" "$(ls -A ../images)" $'blobs\nindex.json\noci-layout'
	for blob in ../images/blobs/sha256/*; do
		is "digest" "$(sha256sum <"$blob" | cut -d' ' -f1)" "${blob##*/}"
	done
}

@test "two publications into one layout at once both end as if they were alone" {
	no_registry app
	commit first
	first=$(sha)
	must git image make
	change second
	commit second
	must git image make
	git worktree add -q ../old "$first"
	for round in 1 2 3; do
		(cd ../old && exec git-image release --to "oci:../images$round") >../out 2>&1 3>&- &
		must git image release --to "oci:../images$round"
		wait $!
		is "the tags" "$(layout_tags "../images$round")" \
			"$(tags "${first:0:7}" "$(sha7)" latest)"
		is ":latest" "$(layout_env "../images$round" latest SHA)" "$(sha)"
		is "that of the first" "$(layout_env "../images$round" "${first:0:7}" SHA)" "$first"
	done
}

@test "where there is no room nothing is published, and what is there stays" {
	no_registry app
	commit first
	must git image make
	mkdir ../small
	mount -t tmpfs -o size=64k tmpfs ../small
	for target in oci:../small/images {docker-archive:../small/a,oci-archive:../small/b}.tar; do
		[[ $target != *-archive:* ]] || echo former >"${target#*:}"
		must_fail 10 "cannot write to '../small.*No space left on device" \
			git image publish --to "$target"
		matches "hint" "$errors" "free some space there"
	done
	is "the files" "$(ls -A ../small ../small/images | xargs)" \
		"../small: a.tar b.tar images ../small/images: blobs oci-layout"
	is "the archives" "$(cat ../small/*.tar | xargs)" "former former"
	mount -o remount,size=16m ../small
	must git image publish --to oci:../small/images
	must git image publish --to docker-archive:../small/a.tar
	is "SHA" "$(layout_env ../small/images latest SHA)" "$(sha)"
	umount ../small
}

@test "a link or a fifo is no file for an archive, nor is standard output by its name" {
	no_registry app
	commit first
	must git image make
	echo text >../there
	ln -s there ../link
	mkfifo ../fifo
	for file in ../link ../fifo; do
		for kind in docker-archive oci-archive; do
			must_fail 3 "'$file' is no plain file" git image publish --to "$kind:$file"
		done
		must_fail 3 "'$file' is no plain file" git image save -o "$file"
	done
	must_fail 3 "'../link' is no plain file" git image save -o ../link
	matches "hint" "$errors" "a link is not followed: name the file itself"
	is "the file" "$(cat ../there)" text
	is "the link" "$(readlink ../link)" there
}
