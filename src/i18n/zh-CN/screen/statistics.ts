import type {Catalogue} from '../../index.js';

export const statistics: Catalogue['screen']['statistics'] = {
	messages: (n) => `${n} 条消息`,
	calls: (n) => `${n} 次调用`,
	replies: (n) => `${n} 条应答`,
	signals: (n) => `${n} 个信号`,
	errors: (n) => `${n} 个错误`,
	since: (time) => `自 ${time} 起`,
	counting: (percent) => `统计中，${percent}%`,
	perSecond: '每秒：',
	latency: '应答用时（毫秒）',
	kinds: {calls: '调用', signals: '信号', errors: '错误'},
	columns: {
		service: '服务',
		member: '成员',
		count: '次数',
		rate: '每秒',
		errors: '错误',
		talker: '发送最多者',
		messages: '条数',
		bytes: '字节',
	},
	orders: {
		count: '按次数排序。',
		rate: '按最近十秒的速率排序。',
		slowest: '按延迟（p95）排序，最慢的在前。',
		errors: '按错误数排序。',
	},
};
