#define _GNU_SOURCE
#include <sys/resource.h>

#include "peer.h"

int main(int argc, char **argv)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (argc >= 2 && strcmp(argv[1], "serve") == 0)
		serve(argc > 2 ? argv[2] : NULL);
	else if (argc >= 4 && strcmp(argv[1], "drive") == 0)
		drive(argv[2], argv[3]);
	else if (argc >= 3 && strcmp(argv[1], "visit") == 0)
		visit(argv[2]);
	else
		return 2;
	return 0;
}
