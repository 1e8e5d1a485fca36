# For a project's own Makefile:
#
#	include ci/release.mk
#
# gives it 'make image' (build, tag and test the images of HEAD) and
# 'make release' (and publish them). IMAGES names some of them,
# GIT_IMAGE_OPTIONS goes to git-image: make release GIT_IMAGE_OPTIONS=--dry-run
GIT_IMAGE ?= git image
IMAGES ?=
GIT_IMAGE_OPTIONS ?=

.PHONY: image release
image:
	$(GIT_IMAGE) make $(GIT_IMAGE_OPTIONS) $(IMAGES)

release:
	$(GIT_IMAGE) release $(GIT_IMAGE_OPTIONS) $(IMAGES)
