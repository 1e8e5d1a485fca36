/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The files where docker and podman keep credentials, in the order in which
 * they count. What a variable names goes before what lies in a usual place:
 * $REGISTRY_AUTH_FILE alone if it is set; else $DOCKER_CONFIG/config.json,
 * podman's auth.json in $XDG_RUNTIME_DIR/containers, then in
 * $XDG_CONFIG_HOME/containers (~/.config), docker's ~/.docker/config.json and
 * its old ~/.dockercfg.
 */
#include "base/secret.h"
#include "codec/json.h"

struct auth_file {
	char *path;
	bool is_docker; /* where docker writes */
	bool is_legacy; /* ~/.dockercfg: its members are the hosts */
	bool exists;
	struct buf text;       /* empty if it does not exist */
	struct json *document; /* the same; NULL */
};

struct auth_files {
	struct auth_file items[5];
	size_t len;
};

void auth_files_release(struct auth_files *files);
/* Their paths. */
int auth_files_list(struct auth_files *files, struct error *err) CHECK;
/* ERROR_INPUT says what is wrong with it, and in which. */
int auth_file_read(struct auth_file *file, struct error *err) CHECK;
/* Its hosts and their entries; NULL if it has none. */
const struct json *auth_file_entries(const struct auth_file *file);
