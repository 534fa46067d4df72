import test from 'ava';
import {syscallName} from '../../src/process/syscalls.js';

test('numbers become names, by architecture', (t) => {
	// From the manual page syscall(2) and the kernel's tables.
	t.is(syscallName(0, 'x64'), 'read');
	t.is(syscallName(7, 'x64'), 'poll');
	t.is(syscallName(219, 'x64'), 'restart_syscall');
	t.is(syscallName(232, 'x64'), 'epoll_wait');
	t.is(syscallName(63, 'arm64'), 'read');
	t.is(syscallName(73, 'arm64'), 'ppoll');
	t.is(syscallName(222, 'arm64'), 'mmap');
	t.is(syscallName(128, 'arm64'), 'restart_syscall');
	for (const architecture of ['x64', 'arm64'] as const) {
		t.is(syscallName(434, architecture), 'pidfd_open');
		t.is(syscallName(438, architecture), 'pidfd_getfd');
		t.is(syscallName(462, architecture), 'mseal');
		t.is(syscallName(9999, architecture), 'syscall_9999');
	}
});
