# Files of tests/unit/report/
UNIT_TESTS += tests/unit/report/test_report tests/unit/report/test_safe
tests_unit_report_test_report_SOURCES = tests/unit/report/test_report.c
tests_unit_report_test_report_LDADD = $(unit_ldadd)
tests_unit_report_test_safe_SOURCES = tests/unit/report/test_safe.c
tests_unit_report_test_safe_LDADD = $(unit_ldadd)
UNIT_TESTS += tests/unit/report/test_tty
tests_unit_report_test_tty_SOURCES = tests/unit/report/test_tty.c \
	tests/unit/report/screen.c tests/unit/report/screen.h
tests_unit_report_test_tty_LDADD = $(unit_ldadd)
