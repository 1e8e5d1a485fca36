/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "engine/layout-index.h"
#include "engine/stamp-config.h"

struct stamped {
	struct digest_text id, digest;
	struct descriptor manifest; /* all of it is borrowed */
};

static int write_stamped(const struct layout *layout, const struct layout_image *content,
			 const struct engine_stamp *stamp, struct stamped *ret_stamped,
			 struct error *err)
{
	AUTO(buf_release) struct buf config = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(buf_release) struct buf bytes = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(json_freep) struct json *manifest = json_parse(buf_slice(&content->bytes), err);
	struct stamp_content parts = stamp_stored_content(content->config);
	struct stamped stamped;

	if (!manifest)
		return -1;
	stamp_write_config(&config, &parts, stamp);
	if (buf_check(&config, "the image's configuration", err) ||
	    layout_blob_write(layout, buf_slice(&config), &stamped.id, err))
		return -1;
	stamp_write_manifest(&bytes, manifest, stamped.id.text, config.len);
	if (buf_check(&bytes, "the image's manifest", err) ||
	    layout_blob_write(layout, buf_slice(&bytes), &stamped.digest, err))
		return -1;
	*ret_stamped = stamped;
	ret_stamped->manifest = (struct descriptor){
		.media_type = content->manifest.media_type,
		.digest = ret_stamped->digest.text,
		.size = (int64_t)bytes.len,
	};
	return 0;
}

static int stamp_entry(struct layout_transaction *transaction, size_t at,
		       const struct engine_stamp *stamp, struct digest_text *ret_id,
		       struct error *err)
{
	AUTO(layout_image_release) struct layout_image content = LAYOUT_IMAGE_INIT;
	struct layout_index *index = &transaction->index;
	AUTOFREE char *name = str_format(err, "%s:%s", stamp->repository, stamp->tag);
	struct stamped stamped;

	if (!name || layout_entry_read(transaction->layout, &index->items[at], &content, err) ||
	    write_stamped(transaction->layout, &content, stamp, &stamped, err))
		return -1;
	if (!index->items[at].name)
		layout_index_remove(index, at);
	*ret_id = stamped.id;
	return layout_index_name(index, &stamped.manifest, name, err);
}

int layout_stamp(const struct layout *layout, const struct engine_stamp *stamp, char **ret_id,
		 struct error *err)
{
	AUTO(layout_end) struct layout_transaction transaction = LAYOUT_TRANSACTION(layout);
	struct digest_text digest;
	AUTOFREE char *id = NULL;
	size_t at;

	if (layout_begin(&transaction, err) ||
	    layout_index_find(layout, &transaction.index, stamp->content_id, &at, err) ||
	    stamp_entry(&transaction, at, stamp, &digest, err))
		return -1;
	id = str_copy(digest.text, err);
	if (!id || layout_commit(&transaction, err))
		return -1;
	*ret_id = TAKE(id);
	return 0;
}
