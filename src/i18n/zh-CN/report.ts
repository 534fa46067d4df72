import type {Catalogue} from '../index.js';

export const report: Catalogue['report'] = {
	/** Of the page, as HTML names it. */
	language: 'zh-CN',
	written: (file) => `报告已写入 ${file}。交给他人之前请先自行检查。`,
	title: (what) => `${what}：冻结与解冻`,
	facts: {
		program: '程序',
		arguments: '参数',
		process: '进程（进程数，线程数）',
		connections: '总线连接',
		machine: '机器',
		notPortable: '被持有的描述符',
	},
	timeline: '阶段',
	frozen: '已冻结',
	downtime: (ms) => `该进程停止运行了 ${ms} 毫秒。`,
	operation: '操作',
	operations: {freeze: '冻结', thaw: '解冻'},
	stage: '阶段',
	work: '耗时',
	reached: '到达时间',
	differences: '比较结果',
	class: '类别',
	why: '原因',
	hidden: '（已隐藏）',
	traffic: {
		title: '冻结前后的总线消息',
		time: '时间（UTC）',
		type: '类型',
		route: '发送者 → 接收者',
		what: '内容',
		bytes: '字节',
		body: '消息体',
		more: (count) => `这段时间内还有 ${count} 条消息。`,
	},
	backtraces: '调用栈',
	madeBy: (version, at) => `由 dbusfreeze-tui ${version} 生成于 ${at}。`,
	left: (environment, bodies) => {
		const left = [...(bodies ? [] : ['消息体']), ...(environment ? [] : ['参数', '环境变量'])];
		return left.length === 0 ? '' : `未包含：${left.join('、')}。`;
	},
};
