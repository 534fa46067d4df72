import test from 'ava';
import {flagChange, matchPlace, pathOf} from '../../src/context/normalise.js';

const live = {tid: 1, comm: 'x', sp: '0x1000', pc: '0x7f00', syscall: {nr: 0, name: 'read', args: []}};
const frozen = (pc: string, ax: string, origAx = '0x0') => ({
	tid: 1,
	comm: 'x',
	sp: '0x1000',
	pc,
	registers: {ax, orig_ax: origAx},
});

test('a system call is restarted, interrupted, ended, or the thread is elsewhere', (t) => {
	t.is(matchPlace(live, frozen('0x7efe', '0x0')), 'restarts');
	t.is(matchPlace(live, frozen('0x7f00', '0xfffffffffffffffc')), 'eintr');
	// read() has the number 0: its result 0 (end of file) must not be taken for a restart.
	t.is(matchPlace(live, frozen('0x7f00', '0x0')), 'returned');
	t.is(matchPlace(live, frozen('0x7efe', '0x1')), 'wrong-restart');
	t.is(matchPlace(live, frozen('0x7efe', '0x1', '0xffffffffffffffff')), 'different');
	t.is(matchPlace(live, frozen('0x7efd', '0x0')), 'different');
	t.is(matchPlace(live, {...frozen('0x7f00', '0x0'), sp: '0x1008'}), 'different');
	t.is(matchPlace(live, frozen('0x7f00', '0x5', '0xffffffffffffffff')), 'same');
	t.is(matchPlace(live, {tid: 1, comm: 'x', sp: '0x1000', pc: '0x7efe'}), 'restarts');
	t.is(matchPlace(live, {tid: 1, comm: 'x', sp: '0x1000', pc: '0x7f00'}), 'same');
	t.is(matchPlace(live, {tid: 1, comm: 'x'}), 'different');
});

test('arm64 goes back by one instruction of four bytes', (t) => {
	const arm64 = {
		tid: 1,
		comm: 'x',
		sp: '0x1000',
		pc: '0x7efc',
		registers: {x0: '0x3', sp: '0x1000', pc: '0x7efc'},
	};
	t.is(matchPlace(live, arm64), 'restarts');
	t.is(matchPlace(live, {...arm64, pc: '0x7f00', registers: {x0: '0xfffffffffffffffc'}}), 'eintr');
});

test('flags are named bit by bit; unknown bits stay numbers; untold flags are no change', (t) => {
	t.deepEqual(flagChange('02004002', '02'), {set: [], cleared: ['O_NONBLOCK', 'O_CLOEXEC']});
	t.deepEqual(flagChange('02', '0100000002'), {set: ['0100000000'], cleared: []});
	t.deepEqual(flagChange('00', '01'), {set: ['01'], cleared: []});
	t.is(flagChange('0100002', '0100002'), undefined);
	t.is(flagChange('', '02'), undefined);
});

test('a file keeps its path when it is deleted, replaced, or brought back by CRIU', (t) => {
	for (const shown of [
		'/bin/x',
		'/bin/x (deleted)',
		'/bin/x.cr_link (deleted)',
		'/bin/x.cr.1a.ghost (deleted)',
	]) {
		t.is(pathOf(shown), '/bin/x');
	}
	t.is(pathOf('/bin/x.cr_link.cr_link'), '/bin/x');
	t.is(pathOf('/bin/x.crx'), '/bin/x.crx');
	t.not(pathOf('/bin/y (deleted)'), '/bin/x');
});
