# Files of ci/
EXTRA_DIST += ci/lib/modern-docker ci/lib/sandbox ci/lib/engines.sh ci/lib/packages.sh \
	ci/lib/steps.sh ci/lib/example.sh ci/lib/demo ci/check ci/quickstart .ci/run \
	ci/example/Dockerfile ci/example/gitimage ci/example/test \
	ci/example/www/index.html ci/example/www/cgi-bin/sha
nobase_dist_pkgdata_DATA += ci/github/action.yml ci/github/workflow.yml \
	ci/gitlab/git-image.gitlab-ci.yml ci/release.mk
