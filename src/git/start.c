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

int libgit2_start(struct error *err)
{
	return git_libgit2_init() < 0 ? repo_fail(err, "libgit2 does not start") : 0;
}
