import {useEffect, useMemo, useState} from 'react';
import {useScreen} from '../hooks/use-screen.js';
import type {SessionView} from '../session-view.js';
import {type ListedPage, noPage, PageReader} from './page-reader.js';

/** The part of the list that is in view, from `first` on; asked for again whenever the keeper tells of a change. */
export function useWaitingPage({checkpoint, backlog}: SessionView, first: number, count: number): ListedPage {
	const {sessions} = useScreen().controller;
	const [page, setPage] = useState(noPage);
	const reader = useMemo(
		() => new PageReader((from, lines) => sessions.waiting(checkpoint, from, lines), setPage),
		[sessions, checkpoint],
	);
	useEffect(() => () => reader.close(), [reader]);
	// biome-ignore lint/correctness/useExhaustiveDependencies: each new count means a new list
	useEffect(() => reader.want(first, count), [reader, first, count, backlog.last]);
	return page;
}
