import {setTimeout as delay} from 'node:timers/promises';

/** Asks until there is an answer; fails after ten seconds. For states of other processes that no event tells. */
export async function eventually<Answer>(question: () => Answer | undefined | false): Promise<Answer> {
	const end = performance.now() + 30_000;
	for (;;) {
		const answer = question();
		if (answer !== undefined && answer !== false) return answer;
		if (performance.now() > end) throw new Error(`never happened: ${question}`);
		await delay(5);
	}
}
