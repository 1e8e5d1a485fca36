/* SPDX-License-Identifier: MIT */
#include "flow/publish/direct-pack.h"

#include <errno.h>

#include "base/host.h"
#include "base/path.h"

void packed_release(struct packed *packed)
{
	cleanup_close(&packed->fd);
	*packed = (struct packed)PACKED_INIT;
}

static void clear(struct packer *packer)
{
	compressor_free(TAKE(packer->compressor));
	packed_release(&packer->packed);
}

void packer_release(struct packer *packer)
{
	clear(packer);
	digest_release(&packer->digest);
}

static int write_out(void *arg, const void *data, size_t len, struct error *err)
{
	struct packer *packer = arg;

	if (path_write_all(packer->packed.fd, (struct slice){ data, len }))
		return host_write_error("a layer", packer->folder, errno, err);
	digest_add(&packer->digest, data, len);
	packer->packed.size += (int64_t)len;
	return 0;
}

int packer_begin(struct packer *packer, struct error *err)
{
	clear(packer);
	digest_release(&packer->digest);
	if (digest_init(&packer->digest, err) ||
	    path_open_temporary(packer->folder, &packer->packed.fd, err))
		return -1;
	return compressor_new(packer->compression, write_out, packer, &packer->compressor, err);
}

int packer_add(struct packer *packer, const void *data, size_t len, struct error *err)
{
	return compressor_write(packer->compressor, data, len, err);
}

int packer_end(struct packer *packer, struct packed *ret_packed, struct error *err)
{
	if (compressor_finish(packer->compressor, err))
		return -1;
	packer->packed.digest = digest_finish(&packer->digest);
	*ret_packed = packer->packed;
	packer->packed = (struct packed)PACKED_INIT;
	clear(packer);
	return 0;
}
