import type {FaultData} from '../../common/fault.js';
import type {WaitingPage} from '../../dbus/held/service.js';
import {faultOf} from '../fault-text.js';

/** What is known of the list: one page of it, from `first` on. */
export interface ListedPage extends WaitingPage {
	first: number;
	fault?: FaultData;
}

export const noPage: ListedPage = {first: 0, total: 0, messages: []};

/** Fetches pages of a list that may have hundred thousands of lines: one request at a time, only what is wanted last. */
export class PageReader {
	#wanted: {first: number; count: number} | undefined;
	#isAsking = false;
	#isClosed = false;

	constructor(
		private readonly fetch: (first: number, count: number) => Promise<WaitingPage>,
		private readonly onPage: (page: ListedPage) => void,
	) {}

	/** Asks for these lines, also when they were asked for before: they may have changed. */
	want(first: number, count: number): void {
		this.#wanted = {first, count};
		if (!this.#isAsking) void this.#ask();
	}

	/** Nobody looks any more. */
	close(): void {
		this.#isClosed = true;
	}

	async #ask(): Promise<void> {
		this.#isAsking = true;
		while (this.#wanted && !this.#isClosed) {
			const {first, count} = this.#wanted;
			this.#wanted = undefined;
			const page = await this.fetch(first, count).then(
				(got): ListedPage => ({...got, first}),
				(error: unknown): ListedPage => ({...noPage, fault: faultOf(error)}),
			);
			if (!this.#isClosed) this.onPage(page);
		}
		this.#isAsking = false;
	}
}
