/*
 * examctl-nslookup: nslookup as busybox before 1.29 prints it (networking/nslookup.c with FEATURE_NSLOOKUP_BIG not there
 * yet): it asks the system's resolver, with its search list, and names each address by a reverse lookup.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void print_host(const char *name, const char *header) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
  int failure = getaddrinfo(name, NULL, &hints, &found);
  if (failure != 0) {
    fflush(stdout);
    fprintf(stderr, "nslookup: can't resolve '%s'\n", name);
    exit(1);
  }
  printf("%-10s %s\n", header, name);
  unsigned number = 0;
  for (struct addrinfo *one = found; one != NULL; one = one->ai_next) {
    char address[NI_MAXHOST], host[NI_MAXHOST];
    getnameinfo(one->ai_addr, one->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST);
    int unnamed = getnameinfo(one->ai_addr, one->ai_addrlen, host, sizeof host, NULL, 0, NI_NAMEREQD);
    printf("Address %u: %s%s%s\n", ++number, address, unnamed ? "" : " ", unnamed ? "" : host);
  }
}

static void print_server(const char *given) {
  char line[256], server[128] = "0.0.0.0";
  FILE *file = fopen("/etc/resolv.conf", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL && sscanf(line, " nameserver %127s", server) != 1)
    continue;
  if (file != NULL) fclose(file);
  print_host(given != NULL ? given : server, "Server:");
  puts("");
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3 || argv[1][0] == '-') {
    fprintf(stderr, "BusyBox v1.28.4 (2018-07-17 15:21:40 UTC) multi-call binary.\n\nUsage: nslookup [HOST] [SERVER]\n\n"
                    "Query the nameserver for the IP address of the given HOST\noptionally using a specified DNS server\n");
    return 1;
  }
  print_server(argv[2]);
  print_host(argv[1], "Name:");
  return 0;
}
