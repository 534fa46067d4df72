import type {Catalogue} from '../../index.js';

export const traffic: Catalogue['screen']['traffic'] = {
	title: '消息',
	others: '其他',
	modes: {
		eavesdrop: '借助匹配规则',
		match: '仅广播',
	},
	views: {list: '列表', sequence: '时序图', statistics: '统计'},
	paused: (n) => `显示已暂停 · 新增 ${n} 条`,
	scrolled: (n, key) => `下方还有 ${n} 条 · ${key} 跟随最新`,
	off: (reason) => `无法监视该总线：${reason}`,
	none: '还没有消息。总线传递的一切都会显示在这里。',
	noMatch: '目前没有符合过滤条件的消息；按 esc 清除。',
	gone: '（已不在内存中）',
	reply: '应答',
	error: '错误',
	marks: {
		frozen: (name) => `${name} 已冻结`,
		thawed: (name) => `${name} 恢复运行`,
		aborted: (name) => `${name}：冻结已中止，照常运行`,
		lost: (name) => `${name} 已丢失`,
		gap: (how) => `${how} 内未能监视`,
	},
	fds: (n) => `+${n} 个描述符`,
};

export const filter: Catalogue['screen']['filter'] = {
	shown: (text) => `/${text}`,
	naming: (name) => `另存为 @${name}`,
	typing: {
		connections: {prompt: '过滤', help: '须同时包含所有词 · enter 保留 · esc 撤销'},
		traffic: {
			prompt: '过滤',
			help: '词 from: to: slower:20ms type:error is:unanswered -排除 a or b @已存',
		},
		evidence: {prompt: '过滤', help: '须同时包含所有词 · enter 保留 · esc 撤销'},
		checkpoints: {prompt: '过滤', help: '须同时包含所有词 · enter 保留 · esc 撤销'},
		name: {prompt: '过滤条件另存为', help: '一个词 · enter 保存 · esc 放弃'},
	},
	badName: '名称须为一个词，不含括号和引号。',
	now: (text) => `当前过滤条件：${text}`,
	saved: (name) => `已保存：今后 @${name} 即代表此过滤条件。`,
	title: '已保存的过滤条件',
	noneSaved: '还没有保存过滤条件：按 S 保存当前的。',
};
