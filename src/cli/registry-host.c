/* SPDX-License-Identifier: MIT */
#include "cli/registry-host.h"

#include <string.h>

#include "base/str.h"
#include "flow/config/configure.h"
#include "image/reference.h"

void registry_host_release(struct registry_host *host)
{
	free(host->host);
	settings_release(&host->settings);
}

/* Docker Hub has several names. */
static bool is_hub(struct slice host)
{
	return slice_is(host, "index.docker.io") || slice_is(host, "registry-1.docker.io");
}

/* A host as it begins a reference; what follows a '/' is `path`. */
static char *clean(const char *word, struct slice *ret_path, struct error *err)
{
	const char *scheme = strstr(word, "://");
	struct slice rest = slice_of(scheme ? scheme + 3 : word), host = { 0 };

	if (!slice_cut(&rest, '/', &host))
		return str_copy("", err);
	*ret_path = rest;
	return is_hub(host) ? str_copy(REFERENCE_DOCKER_HUB, err) : str_copy_slice(host, err);
}

static int check(const char *host, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };
	AUTOFREE char *name = str_format(err, "%s/name", host);

	if (!name)
		return -1;
	if (!reference_parse(name, &reference, err) && str_equal(reference.host, host))
		return 0;
	error_set(err, ERROR_USAGE, "'%.200s' is no registry", host);
	return error_hint(err, "its name is HOST[:PORT], with a '.' or a ':' in it, or localhost");
}

static int take_word(const char *word, struct registry_host *host, struct error *err)
{
	struct slice path = { 0 };

	host->host = clean(word, &path, err);
	if (!host->host || check(host->host, err))
		return -1;
	if (!path.len || slice_is(path, "v1/") || slice_is(path, "v2/"))
		return 0;
	error_set(err, ERROR_USAGE, "'%.200s' is more than a registry", word);
	return error_hint(err, "credentials are kept for all of '%s'", host->host);
}

/* Of the commit too; NULL if there is none. */
static int read_tree(struct cli *cli, char **ret_registry, struct error *err)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	AUTO(settings_release) struct settings settings = { 0 };
	AUTO(run_close) struct run run = { .alive_fd = -1 };
	int status = run_open(&(struct run_options){ .revision = cli->options->commit }, cli->sink,
			      &run, err);

	if (status && error_is(err, ERROR_INPUT)) {
		error_clear(err);
		return 0;
	}
	if (status || configure_read(&run, &configuration, err) ||
	    settings_resolve(&configuration, NULL, &settings, err))
		return -1;
	*ret_registry = TAKE(settings.registry);
	return 0;
}

static int find_default(struct cli *cli, bool is_seen, struct registry_host *host,
			struct error *err)
{
	AUTOFREE char *of_tree = NULL;
	const char *registry = host->settings.registry;
	struct slice path;

	if (!registry && read_tree(cli, &of_tree, err))
		return -1;
	if (!registry && (!of_tree || !is_seen)) {
		error_set(err, ERROR_USAGE, "which registry?");
		if (!of_tree)
			return error_hint(err, "name it, or: git config image.registry HOST");
		return error_hint(err,
				  "only the commit says '%.100s': if it is meant, name it here",
				  of_tree);
	}
	host->host = clean(registry ? registry : of_tree, &path, err);
	return host->host ? check(host->host, err) : -1;
}

int registry_host_find(struct cli *cli, const char *word, bool is_seen,
		       struct registry_host *ret_host, struct error *err)
{
	AUTO(registry_host_release) struct registry_host host = { 0 };

	if (configure_user(cli->sink, &host.settings, err) ||
	    (word ? take_word(word, &host, err) : find_default(cli, is_seen, &host, err)))
		return -1;
	*ret_host = host;
	host = (struct registry_host){ 0 };
	return 0;
}
