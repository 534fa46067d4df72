/** The traffic in figures. */
export const statistics = {
	messages: (n: string) => `${n} messages`,
	calls: (n: string) => `${n} calls`,
	replies: (n: string) => `${n} replies`,
	signals: (n: string) => `${n} signals`,
	errors: (n: string) => `${n} errors`,
	since: (time: string) => `since ${time}`,
	counting: (percent: number) => `counting, ${percent} %`,
	perSecond: 'a second:',
	latency: 'answers in … ms',
	kinds: {calls: 'calls', signals: 'signals', errors: 'errors'},
	columns: {
		service: 'service',
		member: 'member',
		count: 'count',
		rate: '/s',
		errors: 'err',
		talker: 'who sends most',
		messages: 'count',
		bytes: 'bytes',
	},
	orders: {
		count: 'Sorted by how often.',
		rate: 'Sorted by the rate of the last ten seconds.',
		slowest: 'Sorted by latency (p95), the slowest first.',
		errors: 'Sorted by errors.',
	},
};
