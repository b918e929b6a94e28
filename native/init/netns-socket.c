#include "netns-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHILD_TIMEOUT_S = 10 };

static void send_result(int to, int fd, int failure) {
  char control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec body = {.iov_base = &failure, .iov_len = sizeof failure};
  struct msghdr message = {.msg_iov = &body, .msg_iovlen = 1};
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  sendmsg(to, &message, 0);
}

int netns_socket_request(const char *netns, int family, int type) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -1;
  pid_t pid = fork();
  if (pid == 0) {
    alarm(CHILD_TIMEOUT_S);
    int made = -1;
    int fd = open(netns, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && setns(fd, CLONE_NEWNET) == 0) made = socket(family, type, 0);
    send_result(pair[1], made, made < 0 ? errno : 0);
    _exit(0);
  }
  int failure = errno;
  close(pair[1]);
  errno = failure;
  if (pid > 0) return pair[0];
  close(pair[0]);
  return -1;
}

int netns_socket_receive(int from) {
  int failure = ECONNABORTED, fd = -1;
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec body = {.iov_base = &failure, .iov_len = sizeof failure};
  struct msghdr message = {
      .msg_iov = &body, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) == (ssize_t)sizeof failure) {
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(header), sizeof fd);
  }
  if (fd < 0) errno = failure ? failure : ECONNABORTED;
  return fd;
}
