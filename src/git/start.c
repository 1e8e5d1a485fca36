/* SPDX-License-Identifier: MIT */
#include "git/internal.h"

/*
 * A libgit2 that speaks TLS by mbed TLS, as Debian's does, reads every CA
 * certificate of the machine when it starts, before any option could keep it
 * from that; it is most of what a run with nothing to do would cost. Nothing
 * here lets libgit2 onto a network: so the functions that it reads them with
 * are these, which stand before mbed TLS's own and find none. Were it ever to
 * connect, it would trust nobody.
 */
#define IN_FRONT __attribute__((visibility("default"), used))

IN_FRONT int mbedtls_x509_crt_parse_file(void *chain, const char *path);
IN_FRONT int mbedtls_x509_crt_parse_path(void *chain, const char *path);

int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	(void)chain;
	(void)path;
	return 0;
}

int mbedtls_x509_crt_parse_path(void *chain, const char *path)
{
	(void)chain;
	(void)path;
	return 0;
}

/*
 * Trees of over 4 KiB, which are those of wide folders, would be read, unpacked and hashed
 * each time that a path leads through them. All that is kept has a limit instead.
 */
#define CACHED_TREE_MAX ((size_t)1 * MIB)
#define CACHE_MAX	((ssize_t)16 * MIB)

int libgit2_start(struct error *err)
{
	if (git_libgit2_init() < 0 ||
	    git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, CACHED_TREE_MAX) ||
	    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, CACHE_MAX))
		return repo_fail(err, "libgit2 does not start");
	return 0;
}
