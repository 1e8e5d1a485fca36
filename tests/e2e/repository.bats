#!/usr/bin/env bats
# engines: docker docker26c podman
# Reading the commit, whatever the repository looks like.
load lib/helper

@test "a bare repository" {
	service app
	commit first
	git clone -q --bare . ../bare.git
	cd ../bare.git
	must git image make --commit main
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha main)"
}

@test "a linked worktree, and a hook's environment" {
	service app
	commit first
	git worktree add -q -b other ../linked
	cd ../linked
	change linked
	commit second
	GIT_DIR=$(git rev-parse --git-dir) GIT_INDEX_FILE=$(git rev-parse --git-path index) \
		must git-image make
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha other)"
}

@test "any revision" {
	service app
	commit first
	git tag v1
	change second
	commit second
	must git image make --commit v1
	is "SHA" "$(image_env "$REPOSITORY:$(sha7 v1)" SHA)" "$(sha v1)"
	must git image make --commit HEAD~0
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
}

@test "an old commit does not take the local :latest from a newer one" {
	service app
	commit first
	change second
	commit second
	must git image make
	must git image make --commit HEAD^
	is ":latest" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
	is ":<sha7>" "$(image_env "$REPOSITORY:$(sha7 HEAD^)" SHA)" "$(sha HEAD^)"
}

@test "a shallow clone builds" {
	service app
	commit first
	change second
	commit second
	git clone -q --depth 1 "file://$PWD" ../shallow
	cd ../shallow
	must git image make
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
}

@test "image.shaLength makes longer tags" {
	service app
	git config --global image.shaLength 12
	commit first
	must git image make
	is "SHA" "$(image_env "$REPOSITORY:$(sha | cut -c1-12)" SHA)" "$(sha)"
}

@test "a Dockerfile outside of the context" {
	service app
	mkdir -p services/web docker
	mv Dockerfile docker/
	mv busybox test www services/web/
	printf '\tcontext = services/web\n\tdockerfile = docker/Dockerfile\n' >>.gitimage
	commit first
	must git image make
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
}

@test "two images of one repository" {
	service app
	git config --global --unset image.app.repository
	git config --global image.registry "$E2E_REGISTRY/${APP%/app}"
	mkdir web
	cp -R Dockerfile busybox test www web/
	printf '[image "web"]\n\tcontext = web\n\ttest = /test\n' >>.gitimage
	commit first
	must git image release
	for name in app web; do
		is "SHA of $name" "$(remote_env "${APP%/app}/$name" latest SHA)" "$(sha)"
	done
	change only
	commit second
	must git image release web
	is "SHA of web" "$(remote_env "${APP%/app}/web" latest SHA)" "$(sha)"
	is "SHA of app" "$(remote_env "${APP%/app}/app" latest SHA)" "$(sha HEAD^)"
}

@test ".dockerignore is obeyed" {
	service app
	printf 'secret*\n!secret-not\n' >.dockerignore
	echo x >www/secret-inner
	echo x >secret
	echo x >secret-not
	sed -i 's|^COPY www.*|COPY . /all\n&|' Dockerfile
	commit first
	must git image make
	id=$(create_container "$REPOSITORY:latest")
	files=$(engine_api GET "/containers/$id/archive?path=/all" | tar -t)
	remove_container "$id"
	matches "kept" "$files" "all/secret-not"
	[[ $files != *all/secret$'\n'* ]]
}

@test "hooks run the loop, and only ours are removed" {
	service app
	commit first
	must git image hook install
	change second
	commit second
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
	must git image hook uninstall
	[ ! -e .git/hooks/post-commit ]
	is "removed" "$output" "removed the post-commit hook"
	put .git/hooks/post-commit <<<'#!/bin/sh'
	chmod +x .git/hooks/post-commit
	capture git image hook install
	[ "$status" != 0 ] && [ "$status" -lt 99 ]
	is "the user's hook" "$(cat .git/hooks/post-commit)" '#!/bin/sh'
	must git image hook uninstall
	is "removed" "$output" ""
	matches "notice" "$errors" "no such hook of ours"
	is "the user's hook" "$(cat .git/hooks/post-commit)" '#!/bin/sh'
}

@test "doctor finds all well" {
	service app
	commit first
	must git image doctor
	matches "engine" "$output$errors" "[Ee]ngine"
}
