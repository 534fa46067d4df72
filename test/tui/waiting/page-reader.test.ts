import {setImmediate as turn} from 'node:timers/promises';
import test from 'ava';
import {Fault} from '../../../src/common/fault.js';
import type {WaitingPage} from '../../../src/dbus/held/service.js';
import {type ListedPage, PageReader} from '../../../src/tui/waiting/page-reader.js';

function slowList(): {
	reader: PageReader;
	asked: string[];
	pages: ListedPage[];
	answer: (page?: WaitingPage | Error) => Promise<void>;
} {
	const asked: string[] = [];
	const pages: ListedPage[] = [];
	let pending: PromiseWithResolvers<WaitingPage> | undefined;
	const reader = new PageReader(
		(first, count) => {
			asked.push(`${first}+${count}`);
			pending = Promise.withResolvers();
			return pending.promise;
		},
		(page) => pages.push(page),
	);
	const answer = async (page: WaitingPage | Error = {total: 500, messages: []}) => {
		if (page instanceof Error) pending?.reject(page);
		else pending?.resolve(page);
		await turn();
	};
	return {reader, asked, pages, answer};
}

test('one request at a time, and only what is wanted last', async (t) => {
	const {reader, asked, pages, answer} = slowList();
	for (const first of [0, 10, 20, 30]) reader.want(first, 20);
	t.deepEqual(asked, ['0+20']);
	await answer();
	t.deepEqual(asked, ['0+20', '30+20']);
	await answer();
	t.deepEqual(
		pages.map(({first, total}) => [first, total]),
		[
			[0, 500],
			[30, 500],
		],
	);
	reader.want(30, 20);
	t.is(asked.length, 3, 'asked again: it may have changed');
});

test('a keeper that fails is told of, and can be asked again', async (t) => {
	const {reader, pages, answer} = slowList();
	reader.want(0, 20);
	await answer(new Fault('keeper-unreachable', {checkpoint: '/c', reason: 'gone'}, {processState: 'lost'}));
	t.is(pages[0]?.fault?.code, 'keeper-unreachable');
	reader.want(0, 20);
	await answer();
	t.is(pages[1]?.fault, undefined);
});

test('when nobody looks any more, nothing is asked or told', async (t) => {
	const {reader, asked, pages, answer} = slowList();
	reader.want(0, 20);
	reader.want(20, 20);
	reader.close();
	await answer();
	t.deepEqual([asked.length, pages.length], [1, 0]);
});
