import test from 'ava';
import {NameTable} from '../../../src/dbus/names.js';
import {QueryError, type QueryProblem} from '../../../src/dbus/query/error.js';
import {parseQuery, queryTerm, type SavedQueries} from '../../../src/dbus/query/query.js';
import {Header} from '../../../src/dbus/wire/header.js';
import {encodeMessage, type MessageParts} from '../../../src/dbus/wire/writer.js';

function message(parts: Partial<MessageParts>): Header {
	const frame = encodeMessage({type: 'signal', serial: 1, ...parts});
	return new Header().load(frame, 0, frame.length);
}

const names = new NameTable();
names.learn({
	uniqueName: ':1.7',
	names: ['org.example.Counter'],
	pid: 1203,
	comm: 'counter',
	unit: 'counter.service',
});
names.learn({uniqueName: ':1.9', pid: 77, comm: 'firefox'});

const call = message({
	type: 'call',
	sender: ':1.9',
	destination: 'org.example.Counter',
	path: '/org/example/Counter/one',
	interface: 'org.example.Counter',
	member: 'Add',
	signature: 'is',
	body: [3, 'Grüße, Welt'],
});
const reply = message({
	type: 'return',
	replySerial: 1,
	sender: ':1.7',
	destination: ':1.9',
	signature: 's',
	body: ['done'],
});
const failure = message({
	type: 'error',
	replySerial: 1,
	sender: ':1.7',
	destination: ':1.9',
	errorName: 'org.freedesktop.DBus.Error.UnknownMethod',
	signature: 's',
	body: ['no such method'],
});
const signal = message({
	sender: ':1.7',
	path: '/org/example/Counter',
	interface: 'org.example.Counter',
	member: 'Changed',
	signature: 'so',
	body: ['/org/example/a', '/org/example/a'],
});

const exchanges = {
	call: {first: call},
	answered: {first: call, reply, elapsed: 12.5},
	failed: {first: call, reply: failure, elapsed: 0.3},
	signal: {first: signal},
	orphan: {first: failure},
} as const;
type Name = keyof typeof exchanges;

/** Which of the exchanges a filter lets through. */
function found(text: string, saved?: SavedQueries): Name[] {
	const query = parseQuery(text, saved);
	return (Object.keys(exchanges) as Name[]).filter((name) => query.matches(exchanges[name], names));
}

const all: Name[] = ['call', 'answered', 'failed', 'signal', 'orphan'];
const calls: Name[] = ['call', 'answered', 'failed'];

const cases: Array<[string, Name[]]> = [
	['', all],
	['  ', all],
	// By name, its last part, unique name, program, pid, unit; the owner of a well-known name counts.
	['from:firefox', calls],
	['sender::1.9', calls],
	['from:77', calls],
	['from:pid:77', calls],
	['to:Counter', calls],
	['to:org.example.Counter', calls],
	['to::1.7', calls],
	['to:1203', calls],
	['to:counter.service', calls],
	['to:fire*', ['orphan']],
	['with:firefox', ['call', 'answered', 'failed', 'orphan']],
	['from:Counter', ['signal', 'orphan']],
	['from:example.Count', []],
	['interface:Counter', ['call', 'answered', 'failed', 'signal']],
	['interface:org.example.*', ['call', 'answered', 'failed', 'signal']],
	['interface:"org.example.*"', []],
	['member:add', calls],
	['member:A?d,Changed', ['call', 'answered', 'failed', 'signal']],
	['path:/org/example', ['call', 'answered', 'failed', 'signal']],
	['path:/org/example/Counter/', ['call', 'answered', 'failed', 'signal']],
	['path:/org/example/Count', []],
	['path:*/one', calls],
	['path:/', ['call', 'answered', 'failed', 'signal']],
	// A call and its answer are one.
	['type:call', calls],
	['type:return', ['answered']],
	['type:error', ['failed', 'orphan']],
	['type:reply,signal', ['answered', 'failed', 'signal', 'orphan']],
	['type:method_call', calls],
	['error:UnknownMethod', ['failed', 'orphan']],
	['error:*Known*', ['failed', 'orphan']],
	['slower:12', ['answered']],
	['slower:12.5ms', ['answered']],
	['slower:0.0126s', []],
	['slower:300us', ['answered', 'failed']],
	['body:grüße', calls],
	['body:DONE', ['answered']],
	['body:"no such"', ['failed', 'orphan']],
	// Words find what lines show, and bodies.
	['add(', calls],
	['ADD(is)', calls],
	['firefox', ['call', 'answered', 'failed', 'orphan']],
	['welt', calls],
	['"Grüße, welt"', calls],
	['unknownmethod', ['failed', 'orphan']],
	[':1.9', ['call', 'answered', 'failed', 'orphan']],
	// Joined.
	['from:firefox slower:1', ['answered']],
	['from:firefox and slower:1', ['answered']],
	['type:signal or type:error', ['failed', 'signal', 'orphan']],
	['-type:signal', ['call', 'answered', 'failed', 'orphan']],
	['not from:firefox', ['signal', 'orphan']],
	['!(type:signal or from:firefox)', ['orphan']],
	['member:Add (type:error or slower:10) -body:done', ['failed']],
	['type:signal or member:Add type:error', ['failed', 'signal']],
];

for (const [text, expected] of cases) {
	test(`filter: ${text === '' ? 'nothing' : text}`, (t) => {
		t.deepEqual(found(text), expected);
	});
}

const rules: Array<[string, Name[]]> = [
	["type='signal'", ['signal']],
	["type='method_return'", ['answered']],
	["interface='org.example.Counter',member='Add'", calls],
	["member='add'", []],
	["sender='org.example.Counter'", ['answered', 'failed', 'signal', 'orphan']],
	["destination=':1.7'", calls],
	["path='/org/example/Counter'", ['signal']],
	["path_namespace='/org/example'", ['call', 'answered', 'failed', 'signal']],
	["path_namespace='/'", ['call', 'answered', 'failed', 'signal']],
	["arg0='done'", ['answered']],
	["arg1='Grüße, Welt'", calls],
	["arg0='3'", []],
	["arg0path='/org/example/'", ['signal']],
	["arg1path='/org/example/a'", ['signal']],
	["arg1='/org/example/a'", []],
	['arg0namespace=done', ['answered']],
	["type='signal' or type:error", ['failed', 'signal', 'orphan']],
	["(type='signal')", ['signal']],
	["eavesdrop='true',type=signal", ['signal']],
	["arg0='no such '\\''method'\\''...'", []],
];
for (const [text, expected] of rules) {
	test(`match rule: ${text}`, (t) => {
		t.deepEqual(found(text), expected);
	});
}

test('an answer is only waited for where it can matter', (t) => {
	const waits = (text: string) => parseQuery(text).wantsReply;
	t.deepEqual(['from:a member:b', 'type:call', '', '-path:/a'].filter(waits), []);
	const waiting = ['slower:1', 'a or type:error', '-error:x', 'word', 'body:x', "arg0='x'"];
	t.deepEqual(waiting.filter(waits), waiting);
});

test('a call without an answer: asked for, excluded, joined with others', (t) => {
	const open = {first: call, unanswered: true};
	const lets = (text: string, exchange: Parameters<ReturnType<typeof parseQuery>['matches']>[0]) =>
		parseQuery(text).matches(exchange, names);
	t.true(lets('is:unanswered', open));
	t.true(lets('from:firefox IS:unanswered', open));
	t.false(lets('-is:unanswered', open));
	t.false(lets('is:unanswered from:nobody', open));
	for (const other of Object.values(exchanges)) t.false(lets('is:unanswered', other));
	t.true(lets('is:unanswered or type:signal', exchanges.signal));
	t.true(lets('-is:unanswered', exchanges.answered));
	for (const text of ['is:unanswered', '-is:unanswered', 'a or is:unanswered']) {
		t.true(parseQuery(text).judgesSilence, text);
		t.true(parseQuery(text).wantsReply, text);
	}
	t.false(parseQuery('slower:1 or from:a').judgesSilence);
});

test('masked bodies cannot be searched', (t) => {
	for (const text of ['body:welt', 'welt']) {
		t.true(parseQuery(text).matches({first: call}, names));
		t.false(parseQuery(text).matches({first: call, secret: true}, names));
	}
});

test('who is who may change while a filter stands', (t) => {
	const table = new NameTable();
	const query = parseQuery('from:Later');
	t.false(query.matches({first: signal}, table));
	table.ownerChanged('org.example.Later', '', ':1.7');
	t.true(query.matches({first: signal}, table));
	table.ownerChanged('org.example.Later', ':1.7', ':1.8');
	t.true(query.matches({first: signal}, table), 'its last name still helps to find it');
	table.ownerChanged('org.example.Other', ':1.7', '');
	t.false(query.matches({first: signal}, table));
});

test('saved filters stand for what they say', (t) => {
	const saved: Record<string, string> = {bad: 'type:error or slower:10', mine: '@bad from:firefox', none: ''};
	const look: SavedQueries = (name) => saved[name];
	t.deepEqual(found('@bad', look), ['answered', 'failed', 'orphan']);
	t.deepEqual(found('-@bad', look), ['call', 'signal']);
	t.deepEqual(found('@mine', look), ['answered', 'failed']);
	t.deepEqual(found('@none', look), all);
});

const problems: Array<[text: string, code: QueryProblem, at: number, length: number]> = [
	['from:a "open', 'unclosed', 7, 5],
	["a member='x", 'unclosed', 9, 2],
	['a (b or c', 'unclosed', 2, 1],
	['a or', 'missing', 2, 2],
	['or a', 'unexpected', 0, 2],
	['a -', 'missing', 2, 1],
	['( )', 'unexpected', 2, 1],
	['from:', 'missing', 0, 5],
	['a colour:red', 'unknown-key', 2, 6],
	['type:call,colour', 'bad-type', 0, 16],
	["type='colour'", 'bad-type', 0, 13],
	['a is:late', 'bad-state', 2, 7],
	['slower:soon', 'bad-duration', 0, 11],
	['slower:1m', 'bad-duration', 0, 9],
	["x type='signal',colour='red'", 'rule-key', 16, 12],
	["arg64='x'", 'rule-key', 0, 9],
	["arg1namespace='x'", 'rule-key', 0, 17],
	["member='a',member='b'", 'bad-rule', 11, 10],
	["member='a',b", 'bad-rule', 11, 1],
	['a @nobody', 'unknown-saved', 2, 7],
	['a @', 'missing', 2, 1],
	['@loop', 'saved-loop', 0, 5],
	['@broken', 'unknown-key', 0, 7],
	['('.repeat(100), 'unexpected', 64, 1],
	['-'.repeat(100), 'unexpected', 64, 1],
	['a'.repeat(20_000), 'too-long', 16_384, 1],
];
for (const [text, code, at, length] of problems) {
	test(`"${text.slice(0, 40)}" is refused, and the place is told`, (t) => {
		const saved: Record<string, string> = {loop: 'a @loop', broken: 'colour:red'};
		const error = t.throws(() => parseQuery(text, (name) => saved[name]), {instanceOf: QueryError});
		t.like(error, {code, at, length});
	});
}

test('a term made for a value finds that value', (t) => {
	t.is(queryTerm('member', 'Add'), 'member:Add');
	t.is(queryTerm('member', 'Add', true), '-member:Add');
	for (const value of ['a b', 'a"b', 'a,b', 'x\\', '(', ')', 'a*', 'or', '-a']) {
		const query = parseQuery(`(${queryTerm('member', value)}) and type:signal`);
		t.true(query.matches({first: message({path: '/a', interface: 'a.b', member: value})}, names), value);
		t.false(query.matches({first: message({path: '/a', interface: 'a.b', member: `${value}z`})}, names));
	}
});

test('wildcards take no more time than length × length', (t) => {
	const query = parseQuery(`member:${'*a'.repeat(100)}b`);
	const started = performance.now();
	t.false(query.matches({first: message({path: '/a', interface: 'a.b', member: 'a'.repeat(255)})}, names));
	t.true(performance.now() - started < 1000);
});
