.PHONY: judges judges-selftest

# The programs of others that check what sohoa writes: veraPDF, pyHanko, qpdf, pdfsig, openssl, ocfl-py.
judges:
	tests/judges/setup.sh

# Each judge must accept good work and refuse spoilt work.
judges-selftest: judges
	tests/judges/selftest.sh
