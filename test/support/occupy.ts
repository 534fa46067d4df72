import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import type {ExecutionContext} from 'ava';
import type {Device} from './device/device.js';

/** clone3(2) with `set_tid`, as criu does it: the kernel gives its child that very number. */
const script = `
	my $tid = pack 'i', $ARGV[0];
	my $arguments = pack('Q8', (0) x 4, 17, (0) x 3) . pack('P', $tid) . pack('Q', 1);
	my $child = syscall 435, $arguments, length $arguments;
	die "clone3: $!\\n" if $child < 0;
	if ($child == 0) { exec 'sleep', '1000'; exit 1 }
	$| = 1;
	print "there\\n";
	$SIG{TERM} = sub { kill 'KILL', $child };
	1 until waitpid($child, 0) == $child;
`;

/** Somebody else gets this number, until the test ends. */
export async function occupy(t: ExecutionContext, pid: number): Promise<ChildProcess> {
	const child = spawn('perl', ['-e', script, String(pid)], {stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(() => child.kill('SIGTERM'));
	const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
	t.is(String(line), 'there\n', `process ${pid} is there`);
	return child;
}

/** The same on a device, until it is switched off. */
export async function occupyOn(device: Device, pid: number): Promise<void> {
	const sleeper = 'sleep 1000 </dev/null >/dev/null 2>&1 &';
	await device.ok('sh', '-c', `echo ${pid - 1} >/proc/sys/kernel/ns_last_pid; ${sleeper}`);
}
