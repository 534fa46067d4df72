import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import {setTimeout as delay} from 'node:timers/promises';
import dbus from 'dbus-next';

/*
 * Runs inside a guest, on its own Node, one part a boot; stands alone, because only packages are beside it. It uses
 * the program as an administrator does, is a client of the system bus as others are, and says what it sees: lines
 * that begin with @@ and go on as JSON are for main.ts.
 */

const root = '/opt/dbusfreeze-tui';
/** Carried from machine to machine. */
const parcel = '/carry/gauge.dbusfreeze';
const counter = {name: 'org.dbusfreeze.Demo.Counter', program: `${root}/fixtures/bin/counter`, pid: 20_000};
const gauge = {name: 'org.dbusfreeze.Demo.Gauge', program: `${root}/fixtures/bin/gauge`, pid: 21_000};
type Service = typeof counter;

/** Milliseconds; software emulation is some twenty times slower than the machine. */
const patience = 120_000;

interface Verdict {
	preserved: boolean;
	differences: Array<{path: string; reason: string; class: string}>;
}
interface Outcome {
	ok: boolean;
	pid: number;
	mode: string;
	checkpoint: string;
	uniqueName: {before: string; after: string};
	timings: Record<string, number>;
	verdict: Verdict;
	warnings: Array<{warning: string; params: Record<string, unknown>}>;
	error?: {code: string; message: string; processState: string};
}

function say(what: object): void {
	fs.writeSync(1, `\n@@${JSON.stringify(what)}\n`);
}

/** One line of the table. */
function found(requirement: string, ok: boolean, seen: string): void {
	say({requirement, ok, seen});
}

/** Runs a command of the program. */
async function program(...args: string[]): Promise<{code: number; document: Outcome}> {
	const child = spawn(process.execPath, [`${root}/dist/cli/main.js`, '--json', ...args], {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let [out, error] = ['', ''];
	child.stdout.on('data', (data) => {
		out += data;
	});
	child.stderr.on('data', (data) => {
		error += data;
	});
	const [code] = await once(child, 'close');
	say({ran: args.join(' '), code});
	try {
		return {code, document: JSON.parse(out)};
	} catch {
		throw new Error(`${args.join(' ')}: exit ${code}: ${out}${error}`);
	}
}

async function succeeds(...args: string[]): Promise<Outcome> {
	const {code, document} = await program(...args);
	if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}: ${JSON.stringify(document)}`);
	return document;
}

const bus = dbus.systemBus();

async function call(
	destination: string,
	member: string,
	signature = '',
	body: unknown[] = [],
): Promise<unknown> {
	const path = `/${destination.replaceAll('.', '/')}`;
	const message = new dbus.Message({destination, path, interface: destination, member, signature, body});
	const late = delay(patience).then(() => Promise.reject(new Error(`no answer to ${member}`)));
	return (await Promise.race([bus.call(message), late]))?.body[0];
}

const driver = 'org.freedesktop.DBus';
const ownerOf = (name: string) => call(driver, 'GetNameOwner', 's', [name]).then(String, () => 'nobody');

/** Signals as they come. */
const heard: dbus.Message[] = [];
bus.on('message', (message: dbus.Message) => {
	if (message.type === dbus.MessageType.SIGNAL) heard.push(message);
});

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
	const end = Date.now() + patience;
	while (!(await condition())) {
		if (Date.now() > end) throw new Error(`gave up: ${what}`);
		await delay(50);
	}
}

/** With numbers that nobody has after the next start. */
async function start({name, program: file, pid}: Service): Promise<void> {
	fs.writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid));
	spawn(file, {cwd: '/', detached: true, stdio: 'ignore'}).unref();
	await until(async () => (await ownerOf(name)).startsWith(':'), `${name} is there`);
}

const told = ({differences}: Verdict) =>
	differences
		.filter(({path}) => /^(machine|connections)\//.test(path))
		.map(({reason}) => reason)
		.sort()
		.join(', ');
const describe = (outcome: Outcome) =>
	`${outcome.mode}, pid ${outcome.pid}, ${outcome.uniqueName.before} → ${outcome.uniqueName.after}, ${outcome.verdict.preserved ? 'preserved' : JSON.stringify(outcome.verdict.differences.filter((one) => one.class !== 'expected'))} (${told(outcome.verdict)})`;

/** Everything within one boot; leaves a frozen service and a parcel behind. */
async function freeze(): Promise<void> {
	await start(counter);
	await call(driver, 'AddMatch', 's', [`type='signal',interface='${counter.name}'`]);
	await call(driver, 'AddMatch', 's', [`type='signal',member='NameOwnerChanged',arg0='${counter.name}'`]);
	const answer = await call(counter.name, 'Add', 'i', [41]);
	await until(() => heard.some(({member}) => member === 'Changed'), 'its signal');
	found('R1', answer === 41, `on the system bus: Add(41) = ${answer}, signal Changed heard`);

	const changes = () =>
		heard
			.filter(({member}) => member === 'NameOwnerChanged')
			.map(({sender, body}) => `${sender}: ${body[1] || 'nobody'} → ${body[2] || 'nobody'}`);
	const owner = await ownerOf(counter.name);
	heard.length = 0;
	const refused = await succeeds('freeze', '--while-frozen', 'refuse', counter.name);
	const error = await call(counter.name, 'Get').then(
		(value) => `answered ${value}`,
		(failure) => String(failure.type ?? failure.message),
	);
	const thawed = await succeeds('thaw', refused.checkpoint);
	const value = await call(counter.name, 'Get');
	await until(() => changes().length >= 2, 'the daemon has told of both');
	const [gone = '', back = ''] = changes();
	const byDaemon = [gone, back].every((line) => line.startsWith(`${driver}: `));
	found('R2', byDaemon && gone.includes(`${owner} → `) && back.endsWith(`→ ${owner}`), `${gone}; ${back}`);
	const explicit = /^org\.|^io\./.test(error) && !/NoReply|Timeout/.test(error);
	found('R3', explicit && value === 41, `while frozen: ${error}; after the thaw: Get() = ${value}`);
	const same = thawed.verdict.preserved && thawed.uniqueName.before === thawed.uniqueName.after;
	found('R4', same && (await ownerOf(counter.name)) === owner, describe(thawed));

	await succeeds('freeze', counter.name);
	await start(gauge);
	await call(gauge.name, 'Add', 'i', [41]);
	const {checkpoint} = await succeeds('freeze', gauge.name);
	await succeeds('pack', checkpoint, parcel);
}

/** Nothing but the disk is left of what ran. */
async function again(): Promise<void> {
	const before = await ownerOf(counter.name);
	const others = Array.from({length: 5}, () => dbus.systemBus());
	const {document} = await program('checkpoints');
	const {checkpoints} = document as unknown as {checkpoints: Array<{name: string; dir: string}>};
	const mine = checkpoints.find(({dir}) => dir.includes('Counter') && isFrozen(dir));
	const thawed = await succeeds('thaw', mine?.dir ?? 'none');
	const value = await call(counter.name, 'Add', 'i', [1]);
	const ok = value === 42 && thawed.verdict.preserved && thawed.mode === 'reconnected';
	found('R5', ok && before === 'nobody', `Add(1) = ${value}; ${describe(thawed)}`);
	await occupied(thawed.pid);
	for (const other of others) other.disconnect();
}

/** Its number is somebody else's when it is to be thawed. */
async function occupied(pid: number): Promise<void> {
	const {checkpoint} = await succeeds('freeze', counter.name);
	fs.writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
	spawn('sleep', ['1000'], {cwd: '/', detached: true, stdio: 'ignore'}).unref();
	const {code, document} = await program('thaw', checkpoint);
	const refused = `exit ${code}, ${document.error?.code}`;
	const thawed = await succeeds('thaw', '--reconnect', '--pid-namespace', checkpoint);
	const value = await call(counter.name, 'Add', 'i', [1]);
	const known = await call(driver, 'GetConnectionUnixProcessID', 's', [counter.name]);
	const ok = thawed.verdict.preserved && thawed.pid !== pid && known === thawed.pid && value === 43;
	const seen = `refused: ${refused}; in a pid namespace: Add(1) = ${value}; ${describe(thawed)}`;
	found('R5 (number taken)', ok && document.error?.code === 'pid-taken', seen);
}

function isFrozen(dir: string): boolean {
	return JSON.parse(fs.readFileSync(`${dir}/manifest.json`, 'utf8')).state === 'frozen';
}

/** Another machine with another processor: it must not even be tried. */
async function weaker(): Promise<void> {
	const {checkpoint} = await succeeds('unpack', parcel);
	const {code, document} = await program('thaw', checkpoint);
	const {code: reason, message = '', processState} = document.error ?? {};
	const features = /cannot: (.*)\.$/.exec(message)?.[1] ?? '';
	const ok = code === 5 && reason === 'cpu-lacks' && processState === 'frozen' && /\bavx2\b/.test(features);
	const untouched = isFrozen(checkpoint) && (await ownerOf(gauge.name)) === 'nobody';
	found('R6 (weaker processor)', ok && untouched, `exit ${code}, ${message || JSON.stringify(document)}`);
	// Another copy, against all advice: whatever becomes of it, it must not be called a success.
	const {checkpoint: copy} = await succeeds('--state-dir', '/root/forced', 'unpack', parcel);
	const forced = await program('--state-dir', '/root/forced', 'thaw', '--other-cpu', copy);
	const outcome = forced.document.error?.message ?? describe(forced.document);
	found('R6 (forced)', forced.code !== 0, `exit ${forced.code}, ${outcome}`);
}

/** The same machine, with a processor like that of the freeze, and a clock that is behind. */
async function elsewhere(): Promise<void> {
	const {document} = await program('checkpoints');
	const {checkpoints} = document as unknown as {checkpoints: Array<{dir: string}>};
	const thawed = await succeeds('thaw', checkpoints[0]?.dir ?? 'none');
	const value = await call(gauge.name, 'Add', 'i', [1]);
	const ok = value === 42 && thawed.verdict.preserved && thawed.mode === 'reconnected';
	const warned = thawed.warnings.map(({warning}) => warning).join(', ');
	found('R6', ok, `Add(1) = ${value}; ${describe(thawed)}; warned of: ${warned}`);
	found(
		'R6 (clock)',
		thawed.warnings.some(({warning}) => warning === 'clock-behind'),
		`warned of: ${warned}`,
	);
}

const parts = {freeze, again, weaker, elsewhere};
try {
	const part = parts[process.argv[2] as keyof typeof parts];
	await once(bus, 'connect');
	const bootId = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
	const machineId = fs.readFileSync('/etc/machine-id', 'utf8').trim();
	say({
		bootId,
		machineId,
		kernel: os.release(),
		cpu: os.cpus()[0]?.model,
		uptime: os.uptime(),
		now: Date.now(),
	});
	await part();
	say({done: true});
} catch (error) {
	say({failed: String((error as Error).stack ?? error)});
	const kernel = execFileSync('dmesg', {encoding: 'utf8'}).split('\n');
	say({dmesg: kernel.filter((line) => /traps|segfault|BUG|panic/.test(line))});
}
process.exit();
