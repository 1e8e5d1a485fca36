/* SPDX-License-Identifier: MIT */
#include "flow/tags.h"

void tag_list_release(struct tag_list *list)
{
	for (size_t i = 0; i < list->len; i++) {
		free(list->items[i].name);
		free(list->items[i].rule);
		free(list->items[i].why);
	}
	free(list->items);
	*list = (struct tag_list){ 0 };
}

int tags_list(const struct job *job, struct tag_list *ret_list, struct error *err)
{
	(void)job;
	(void)err;
	*ret_list = (struct tag_list){ 0 };
	return 0;
}

int tag_relate(const struct job *job, const struct tag *tag, const char *held_sha,
	       enum commit_relation *ret_relation, struct error *err)
{
	(void)tag;
	return commit_relate(job->run->repo, job->run->commit.sha, held_sha, ret_relation, err);
}
