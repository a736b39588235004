// SPDX-License-Identifier: Apache-2.0
/* confine.c - runs a command under a filter of system calls, as a container's runtime does.
 *
 *     confine container COMMAND…     no more than the default profiles of Docker and containerd allow: less, in fact,
 * as what they allow that nobody here needs is not on the list confine no-netlink COMMAND…    everything but sockets to
 * ask the kernel with
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSTRUCTIONS_MAX 512
#define AF_VSOCK_NUMBER 40
/* CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: no new namespaces without privilege. */
#define CLONE_NAMESPACES 0x7e020000

/* All of them on the allow lists of both profiles, without any condition. */
static const int allowed[] = {
	SYS_accept,
	SYS_accept4,
	SYS_bind,
	SYS_brk,
	SYS_capget,
	SYS_chdir,
	SYS_clock_getres,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_close,
	SYS_close_range,
	SYS_connect,
	SYS_copy_file_range,
	SYS_dup,
	SYS_dup3,
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_epoll_pwait,
	SYS_eventfd2,
	SYS_execve,
	SYS_exit,
	SYS_exit_group,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_fchmod,
	SYS_fcntl,
	SYS_fstat,
	SYS_fstatfs,
	SYS_ftruncate,
	SYS_futex,
	SYS_getcwd,
	SYS_getdents64,
	SYS_getegid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getgroups,
	SYS_getpeername,
	SYS_getpgid,
	SYS_getpid,
	SYS_getppid,
	SYS_getrandom,
	SYS_getresgid,
	SYS_getresuid,
	SYS_getrusage,
	SYS_getsid,
	SYS_getsockname,
	SYS_getsockopt,
	SYS_gettid,
	SYS_getuid,
	SYS_ioctl,
	SYS_kill,
	SYS_listen,
	SYS_lseek,
	SYS_madvise,
	SYS_memfd_create,
	SYS_mmap,
	SYS_mprotect,
	SYS_mremap,
	SYS_msync,
	SYS_munmap,
	SYS_nanosleep,
	SYS_newfstatat,
	SYS_openat,
	SYS_pipe2,
	SYS_ppoll,
	SYS_prctl,
	SYS_pread64,
	SYS_prlimit64,
	SYS_pselect6,
	SYS_ptrace,
	SYS_pwrite64,
	SYS_read,
	SYS_readlinkat,
	SYS_readv,
	SYS_recvfrom,
	SYS_recvmmsg,
	SYS_recvmsg,
	SYS_restart_syscall,
	SYS_rseq,
	SYS_rt_sigaction,
	SYS_rt_sigpending,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_rt_sigsuspend,
	SYS_rt_sigtimedwait,
	SYS_sched_getaffinity,
	SYS_sched_yield,
	SYS_sendfile,
	SYS_sendmsg,
	SYS_sendto,
	SYS_set_robust_list,
	SYS_set_tid_address,
	SYS_setpgid,
	SYS_setsid,
	SYS_setsockopt,
	SYS_shutdown,
	SYS_sigaltstack,
	SYS_signalfd4,
	SYS_socketpair,
	SYS_statfs,
	SYS_statx,
	SYS_sysinfo,
	SYS_tgkill,
	SYS_timerfd_create,
	SYS_timerfd_settime,
	SYS_umask,
	SYS_uname,
	SYS_unlinkat,
	SYS_wait4,
	SYS_waitid,
	SYS_write,
	SYS_writev,
#ifdef __x86_64__
	SYS_access,
	SYS_arch_prctl,
	SYS_dup2,
	SYS_epoll_wait,
	SYS_fork,
	SYS_getdents,
	SYS_getpgrp,
	SYS_lstat,
	SYS_open,
	SYS_pipe,
	SYS_poll,
	SYS_readlink,
	SYS_select,
	SYS_stat,
	SYS_time,
	SYS_unlink,
	SYS_vfork,
#endif
};

static struct sock_filter program[INSTRUCTIONS_MAX];
static unsigned short length;

static void emit(struct sock_filter instruction)
{
	program[length++] = instruction;
}

static void emit_load(size_t offset)
{
	emit((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

static void emit_return(unsigned what)
{
	emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

/* For this call: what is returned when its first argument, `test`ed against `operand`, is so, and otherwise. */
static void emit_call(int number, unsigned short test, unsigned operand, unsigned yes, unsigned no)
{
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 4));
	emit_load(offsetof(struct seccomp_data, args[0]));
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, operand, 0, 1));
	emit_return(yes);
	emit_return(no);
}

static void build_container(void)
{
	const unsigned refuse = SECCOMP_RET_ERRNO | EPERM;
	emit_call(SYS_socket, BPF_JEQ, AF_VSOCK_NUMBER, refuse, SECCOMP_RET_ALLOW);
	emit_call(SYS_clone, BPF_JSET, CLONE_NAMESPACES, refuse, SECCOMP_RET_ALLOW);
	/* Its flags are in memory, where a filter cannot see them: libc falls back to clone. */
	emit_call(SYS_clone3, BPF_JEQ, 0, SECCOMP_RET_ERRNO | ENOSYS, SECCOMP_RET_ERRNO | ENOSYS);
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
		emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], 0, 1));
		emit_return(SECCOMP_RET_ALLOW);
	}
	emit_return(refuse);
}

static void build_no_netlink(void)
{
	emit_call(SYS_socket, BPF_JEQ, AF_NETLINK, SECCOMP_RET_ERRNO | EACCES, SECCOMP_RET_ALLOW);
	emit_return(SECCOMP_RET_ALLOW);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fputs("confine: expected container or no-netlink, and a command\n", stderr);
		return 2;
	}
	emit_load(offsetof(struct seccomp_data, nr));
	if (!strcmp(argv[1], "container"))
		build_container();
	else
		build_no_netlink();
	struct sock_fprog filter = {.len = length, .filter = program};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == -1) {
		perror("confine: cannot set the filter");
		return 3;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
